<?xml version="1.0" encoding="UTF-8"?>
<!-- Yours to edit: what fills MDM's customElements in the Meter Information Sync. As it comes, what CCB put into a
     slot goes through unchanged. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:meter="urn:jmswrap:ccb-mdm:ccb:meter-sync:1"
                xmlns:configuration="urn:jmswrap:ccb-mdm:ccb:meter-configuration-sync:1"
                xmlns:history="urn:jmswrap:ccb-mdm:ccb:sp-meter-history-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="meter configuration history">
  <xsl:template match="meter:sendDetails/meter:customElements |
                       meter:meter/meter:customElements |
                       configuration:meterConfiguration/configuration:customElements |
                       history:spMeterHistory/history:customElements">
    <customElements><xsl:copy-of select="*"/></customElements>
  </xsl:template>
</xsl:stylesheet>
