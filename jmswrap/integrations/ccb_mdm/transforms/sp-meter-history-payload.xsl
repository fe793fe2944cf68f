<?xml version="1.0" encoding="UTF-8"?>
<!-- A meter's time at a service point; an install event in MDM. In a request of its own and in a composite request
     about a meter. The payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:history="urn:jmswrap:ccb-mdm:ccb:sp-meter-history-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="history">
  <xsl:template match="history:spMeterHistory">
    <installEvent>
      <xsl:for-each select="history:spMeterHistoryId"><externalId><xsl:value-of select="."/></externalId></xsl:for-each>
      <servicePointExternalId><xsl:value-of select="history:spId"/></servicePointExternalId>
      <deviceExternalId><xsl:value-of select="history:meterId"/></deviceExternalId>
      <deviceConfigurationExternalId><xsl:value-of select="history:meterConfigurationId"/></deviceConfigurationExternalId>
      <installDateTime><xsl:value-of select="history:installDateTime"/></installDateTime>
      <xsl:for-each select="history:removalDateTime">
        <removalDateTime><xsl:value-of select="."/></removalDateTime>
      </xsl:for-each>
      <xsl:for-each select="history:installConstant">
        <installationConstant><xsl:value-of select="."/></installationConstant>
      </xsl:for-each>
      <xsl:for-each select="history:event">
        <onOffEvent>
          <sequence><xsl:value-of select="history:sequence"/></sequence>
          <eventType><xsl:value-of select="history:eventType"/></eventType>
          <eventDateTime><xsl:value-of select="history:eventDateTime"/></eventDateTime>
          <xsl:for-each select="history:meterReadId">
            <externalReadId><xsl:value-of select="."/></externalReadId>
          </xsl:for-each>
        </onOffEvent>
      </xsl:for-each>
      <xsl:apply-templates select="history:customElements"/>
    </installEvent>
  </xsl:template>
</xsl:stylesheet>
