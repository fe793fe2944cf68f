<?xml version="1.0" encoding="UTF-8"?>
<!-- Yours to edit: what fills MDM's customElements in the Bill Cycle Sync. As it comes, what CCB put into a slot goes
     through unchanged. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:cycle="urn:jmswrap:ccb-mdm:ccb:bill-cycle-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="cycle">
  <xsl:template match="cycle:sendDetails/cycle:customElements |
                       cycle:billCycle/cycle:customElements">
    <customElements><xsl:copy-of select="*"/></customElements>
  </xsl:template>
</xsl:stylesheet>
