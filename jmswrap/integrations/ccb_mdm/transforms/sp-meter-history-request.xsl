<?xml version="1.0" encoding="UTF-8"?>
<!-- SP-Meter History Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is the
     vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:history="urn:jmswrap:ccb-mdm:ccb:sp-meter-history-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="history">
  <xsl:import href="common.xsl"/>
  <xsl:include href="sp-meter-history-payload.xsl"/>
  <xsl:include href="custom/sp-meter-history-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2SPMeterHistorySyncReqEBF</xsl:variable>

  <xsl:template match="history:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="history:spMeterHistory"/>
      <xsl:apply-templates select="history:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>
</xsl:stylesheet>
