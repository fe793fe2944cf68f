<?xml version="1.0" encoding="UTF-8"?>
<!-- Yours to edit: what fills CCB's customElements in answers to online billing. As it comes, what MDM put into a
     slot goes through unchanged. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:s="urn:jmswrap:ccb-mdm:mdm:usage-response:1"
                xmlns="http://ouaf.oracle.com/webservices/cm/CM-BillDeterminantInbound"
                exclude-result-prefixes="s">
  <xsl:template match="s:customElements">
    <customElements><xsl:copy-of select="*"/></customElements>
  </xsl:template>
</xsl:stylesheet>
