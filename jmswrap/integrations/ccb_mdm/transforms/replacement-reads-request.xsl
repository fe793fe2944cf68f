<?xml version="1.0" encoding="UTF-8"?>
<!-- Replacement Reads: readings that MDM corrected, as CCB takes them. Both forms are jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:m="urn:jmswrap:ccb-mdm:mdm:replacement-reads:1"
                xmlns="http://ouaf.oracle.com/webservices/cm/CM-ReplacementReadsInbound" exclude-result-prefixes="m">
  <xsl:import href="common.xsl"/>
  <xsl:include href="custom/replacement-reads-request.xsl"/>
  <xsl:variable name="service">OUMDM2OUCCB2ReplacementReadsReqEBF</xsl:variable>

  <xsl:template match="m:sendDetails">
    <CM-ReplacementReadsInbound>
      <replacementId><xsl:value-of select="m:replacementId"/></replacementId>
      <usageId><xsl:value-of select="m:externalId"/></usageId>
      <saId><xsl:value-of select="m:usExternalId"/></saId>
      <xsl:for-each select="m:usageTransactionId">
        <usageTransactionId><xsl:value-of select="."/></usageTransactionId>
      </xsl:for-each>
      <xsl:for-each select="m:reason"><reason><xsl:value-of select="."/></reason></xsl:for-each>
      <xsl:for-each select="m:replacementRead">
        <replacementRead>
          <registerId><xsl:value-of select="m:measuringComponentExternalId"/></registerId>
          <readDateTime><xsl:value-of select="m:readDateTime"/></readDateTime>
          <formerReading><xsl:value-of select="m:formerReading"/></formerReading>
          <newReading><xsl:value-of select="m:newReading"/></newReading>
          <xsl:for-each select="m:readType"><readType><xsl:value-of select="."/></readType></xsl:for-each>
        </replacementRead>
      </xsl:for-each>
      <xsl:apply-templates select="m:customElements"/>
    </CM-ReplacementReadsInbound>
  </xsl:template>
</xsl:stylesheet>
