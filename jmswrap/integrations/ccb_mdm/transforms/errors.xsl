<?xml version="1.0" encoding="UTF-8"?>
<!-- MDM's error in CCB's terms: category and number by the error-code map, whose cells hold both, parted by "!". What
     the map does not have gets the generic category and number of ConfigurationProperties.xml (11017 and 11001 as the
     vendor ships it; 11401 where a value map had no value). -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:aia="http://www.oracle.com/XSL/Transform/java/oracle.apps.aia.core.xpath.AIAFunctions"
                xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
                xmlns:r="urn:jmswrap:refusal:1" xmlns:ouaf="http://ouaf.oracle.com/"
                exclude-result-prefixes="aia dvm r ouaf">
  <xsl:variable name="error-codes">oramds:/apps/CCB2-MDM2/AIAMetaData/dvm/OUCCB2_OUMDM2_ErrorCode.dvm</xsl:variable>

  <!-- CCB's category and number for those of MDM, as "category!number". -->
  <xsl:template name="error-code">
    <xsl:param name="category"/>
    <xsl:param name="number"/>
    <xsl:param name="generic">CCB.GenericBusinessException.MessageNumber</xsl:param>
    <xsl:variable name="mapped" select="dvm:lookupValue($error-codes, 'OUMDM2_ErrorCode',
                                          concat($category, '!', $number), 'OUCCB2_ErrorCode', '')"/>
    <xsl:choose>
      <!-- An answer must go to CCB, so a cell that is no two numbers counts as none. -->
      <xsl:when test="number(substring-before($mapped, '!')) &gt; 0 and number(substring-after($mapped, '!')) &gt; 0">
        <xsl:value-of select="$mapped"/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:value-of select="aia:getSystemModuleProperty('CCB2-MDM2', 'CCB.Generic.MessageCategory', true())"/>
        <xsl:text>!</xsl:text>
        <xsl:value-of select="aia:getSystemModuleProperty('CCB2-MDM2', $generic, true())"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- The same of a refused message, by MDM's fault where there is one; either part of it that holds a message may be
       missing. -->
  <xsl:template name="refusal-code">
    <xsl:variable name="fault" select="r:faultDetail/ouaf:Fault"/>
    <xsl:variable name="server" select="$fault/ServerMessage[Category and Number]"/>
    <xsl:variable name="data" select="$fault[not($server)]/ResponseData"/>
    <xsl:choose>
      <xsl:when test="r:outcome = 'value-not-mapped'">
        <xsl:call-template name="error-code">
          <xsl:with-param name="generic">CCB.GenericDVMException.MessageNumber</xsl:with-param>
        </xsl:call-template>
      </xsl:when>
      <xsl:otherwise>
        <xsl:call-template name="error-code">
          <xsl:with-param name="category" select="normalize-space(concat($server/Category, $data/@category))"/>
          <xsl:with-param name="number" select="normalize-space(concat($server/Number, $data/@number))"/>
        </xsl:call-template>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Why: MDM's own text, else what jmswrap says of it. -->
  <xsl:template name="refusal-text">
    <xsl:variable name="fault" select="r:faultDetail/ouaf:Fault"/>
    <xsl:choose>
      <xsl:when test="$fault/ServerMessage/Text"><xsl:value-of select="$fault/ServerMessage/Text"/></xsl:when>
      <xsl:when test="$fault/ResponseData/@text"><xsl:value-of select="$fault/ResponseData/@text"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="r:faultText"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
