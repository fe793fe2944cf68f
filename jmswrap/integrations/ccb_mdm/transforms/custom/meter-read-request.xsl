<?xml version="1.0" encoding="UTF-8"?>
<!-- Yours to edit: what fills MDM's customElements in the Scalar Meter Read Sync. As it comes, what CCB put into a
     slot goes through unchanged. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:read="urn:jmswrap:ccb-mdm:ccb:meter-read-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="read">
  <xsl:template match="read:sendDetails/read:customElements |
                       read:meterRead/read:customElements">
    <customElements><xsl:copy-of select="*"/></customElements>
  </xsl:template>
</xsl:stylesheet>
