<?xml version="1.0" encoding="UTF-8"?>
<!-- Yours to edit: what fills MDM's customElements in the SP Information Sync. As it comes, what CCB put into a slot
     goes through unchanged. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:sp="urn:jmswrap:ccb-mdm:ccb:sp-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="sp">
  <xsl:template match="sp:sendDetails/sp:customElements |
                       sp:servicePoint/sp:customElements">
    <customElements><xsl:copy-of select="*"/></customElements>
  </xsl:template>
</xsl:stylesheet>
