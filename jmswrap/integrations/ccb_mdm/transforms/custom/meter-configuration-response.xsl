<?xml version="1.0" encoding="UTF-8"?>
<!-- Yours to edit: what fills CCB's customElements in the answers of the Meter Configuration Sync. As it comes, what
     MDM put into a slot goes through unchanged. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:m="urn:jmswrap:ccb-mdm:mdm:sync-response:1"
                xmlns="http://ouaf.oracle.com/webservices/f1/F1-UpdateAndTransitionSyncRequest"
                exclude-result-prefixes="m">
  <xsl:template match="m:customElements">
    <customElements><xsl:copy-of select="*"/></customElements>
  </xsl:template>
</xsl:stylesheet>
