<?xml version="1.0" encoding="UTF-8"?>
<!-- A hundred lines, as a mapper writes them: a header, a loop with look-ups and choices, sums. -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:in="urn:example:orders"
    xmlns:out="urn:example:store"
    xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
    xmlns:xp20="http://www.oracle.com/XSL/Transform/java/oracle.tip.pc.services.functions.Xpath20"
    exclude-result-prefixes="xsl in dvm xp20">

  <xsl:param name="JMSMessageID"/>
  <xsl:param name="JMSCorrelationID"/>

  <xsl:template match="/in:Order">
    <out:Delivery>
      <out:header>
        <out:messageId>
          <xsl:value-of select="$JMSMessageID"/>
        </out:messageId>
        <out:correlationId>
          <xsl:choose>
            <xsl:when test="string($JMSCorrelationID)">
              <xsl:value-of select="$JMSCorrelationID"/>
            </xsl:when>
            <xsl:otherwise>
              <xsl:value-of select="in:number"/>
            </xsl:otherwise>
          </xsl:choose>
        </out:correlationId>
        <out:made>
          <xsl:value-of select="xp20:current-dateTime()"/>
        </out:made>
        <out:number>
          <xsl:value-of select="in:number"/>
        </out:number>
        <out:customer>
          <xsl:value-of select="concat(normalize-space(in:customer/in:last), ', ', normalize-space(in:customer/in:first))"/>
        </out:customer>
      </out:header>
      <out:lines>
        <xsl:for-each select="in:line">
          <xsl:sort select="in:article"/>
          <xsl:variable name="unit" select="dvm:lookupValue('units.dvm', 'SHOP', string(in:unit), 'STORE', 'PCE')"/>
          <out:line position="{position()}">
            <out:article>
              <xsl:value-of select="xp20:upper-case(in:article)"/>
            </out:article>
            <out:quantity unit="{$unit}">
              <xsl:value-of select="in:quantity"/>
            </out:quantity>
            <xsl:if test="in:price">
              <out:amount>
                <xsl:value-of select="format-number(in:quantity * in:price, '0.00')"/>
              </out:amount>
            </xsl:if>
            <xsl:choose>
              <xsl:when test="$unit = 'BX' and in:quantity &gt; 10">
                <out:handling>pallet</out:handling>
              </xsl:when>
              <xsl:when test="$unit = 'LTR'">
                <out:handling>upright</out:handling>
              </xsl:when>
              <xsl:otherwise>
                <out:handling>parcel</out:handling>
              </xsl:otherwise>
            </xsl:choose>
            <xsl:call-template name="remark">
              <xsl:with-param name="text" select="in:note"/>
            </xsl:call-template>
          </out:line>
        </xsl:for-each>
      </out:lines>
      <out:totals>
        <out:count>
          <xsl:value-of select="count(in:line)"/>
        </out:count>
        <out:pieces>
          <xsl:value-of select="sum(in:line[in:unit = 'piece']/in:quantity)"/>
        </out:pieces>
        <out:dear>
          <xsl:value-of select="count(in:line[in:price &gt; 100])"/>
        </out:dear>
      </out:totals>
    </out:Delivery>
  </xsl:template>

  <xsl:template name="remark">
    <xsl:param name="text"/>
    <xsl:if test="string-length(normalize-space($text)) &gt; 0">
      <out:remark>
        <xsl:value-of select="substring(normalize-space($text), 1, 40)"/>
      </out:remark>
    </xsl:if>
  </xsl:template>

</xsl:stylesheet>
