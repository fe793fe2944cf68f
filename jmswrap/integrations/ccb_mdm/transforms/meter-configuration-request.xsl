<?xml version="1.0" encoding="UTF-8"?>
<!-- Meter Configuration Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is
     the vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:configuration="urn:jmswrap:ccb-mdm:ccb:meter-configuration-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="configuration">
  <xsl:import href="common.xsl"/>
  <xsl:include href="meter-configuration-payload.xsl"/>
  <xsl:include href="custom/meter-configuration-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2MeterConfigSyncReqEBF</xsl:variable>

  <xsl:template match="configuration:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="configuration:meterConfiguration"/>
      <xsl:apply-templates select="configuration:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>
</xsl:stylesheet>
