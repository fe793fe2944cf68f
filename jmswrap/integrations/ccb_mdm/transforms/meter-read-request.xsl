<?xml version="1.0" encoding="UTF-8"?>
<!-- Scalar Meter Read Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is the
     vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:read="urn:jmswrap:ccb-mdm:ccb:meter-read-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="read">
  <xsl:import href="common.xsl"/>
  <xsl:include href="custom/meter-read-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2MeterReadSyncReqEBF</xsl:variable>

  <xsl:template match="read:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="read:meterRead"/>
      <xsl:apply-templates select="read:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>

  <xsl:template match="read:meterRead">
    <initialMeasurement>
      <deviceExternalId><xsl:value-of select="read:meterId"/></deviceExternalId>
      <deviceConfigurationExternalId><xsl:value-of select="read:meterConfigurationId"/></deviceConfigurationExternalId>
      <readDateTime><xsl:value-of select="read:readDateTime"/></readDateTime>
      <xsl:for-each select="read:readSource"><readSource><xsl:value-of select="."/></readSource></xsl:for-each>
      <xsl:for-each select="read:useOnBill"><useInBilling><xsl:value-of select="."/></useInBilling></xsl:for-each>
      <xsl:for-each select="read:registerRead">
        <measurement>
          <measuringComponentExternalId><xsl:value-of select="read:registerId"/></measuringComponentExternalId>
          <readType><xsl:value-of select="read:readType"/></readType>
          <reading><xsl:value-of select="read:reading"/></reading>
          <xsl:for-each select="read:highLowStatus">
            <highLowStatus><xsl:value-of select="."/></highLowStatus>
          </xsl:for-each>
        </measurement>
      </xsl:for-each>
      <xsl:apply-templates select="read:customElements"/>
    </initialMeasurement>
  </xsl:template>
</xsl:stylesheet>
