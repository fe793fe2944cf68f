<?xml version="1.0" encoding="UTF-8"?>
<!-- Dynamic Option Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is the
     vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:option="urn:jmswrap:ccb-mdm:ccb:dynamic-option-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="option">
  <xsl:import href="common.xsl"/>
  <xsl:include href="custom/dynamic-option-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2DynamicOptionSyncReqEBF</xsl:variable>

  <xsl:template match="option:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="option:contractOption"/>
      <xsl:apply-templates select="option:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>

  <xsl:template match="option:contractOption">
    <dynamicOption>
      <dynamicOptionType><xsl:value-of select="option:optionType"/></dynamicOptionType>
      <xsl:for-each select="option:description"><description><xsl:value-of select="."/></description></xsl:for-each>
      <status><xsl:value-of select="option:status"/></status>
      <startDate><xsl:value-of select="option:startDate"/></startDate>
      <xsl:for-each select="option:endDate"><endDate><xsl:value-of select="."/></endDate></xsl:for-each>
      <xsl:for-each select="option:characteristic">
        <characteristic>
          <characteristicType><xsl:value-of select="option:charType"/></characteristicType>
          <xsl:for-each select="option:effectiveDate">
            <effectiveDate><xsl:value-of select="."/></effectiveDate>
          </xsl:for-each>
          <characteristicValue><xsl:value-of select="option:charValue"/></characteristicValue>
        </characteristic>
      </xsl:for-each>
      <xsl:apply-templates select="option:customElements"/>
    </dynamicOption>
  </xsl:template>
</xsl:stylesheet>
