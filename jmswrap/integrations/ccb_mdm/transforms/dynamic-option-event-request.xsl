<?xml version="1.0" encoding="UTF-8"?>
<!-- Dynamic Option Event Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is
     the vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:event="urn:jmswrap:ccb-mdm:ccb:dynamic-option-event-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="event">
  <xsl:import href="common.xsl"/>
  <xsl:include href="custom/dynamic-option-event-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2DynamicOptionEventSyncReqEBF</xsl:variable>

  <xsl:template match="event:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="event:contractOptionEvent"/>
      <xsl:apply-templates select="event:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>

  <xsl:template match="event:contractOptionEvent">
    <dynamicOptionEvent>
      <dynamicOptionExternalId><xsl:value-of select="event:contractOptionId"/></dynamicOptionExternalId>
      <eventType><xsl:value-of select="event:eventType"/></eventType>
      <status><xsl:value-of select="event:status"/></status>
      <startDateTime><xsl:value-of select="event:startDateTime"/></startDateTime>
      <xsl:for-each select="event:endDateTime"><endDateTime><xsl:value-of select="."/></endDateTime></xsl:for-each>
      <xsl:for-each select="event:value"><value><xsl:value-of select="."/></value></xsl:for-each>
      <xsl:for-each select="event:description"><description><xsl:value-of select="."/></description></xsl:for-each>
      <xsl:apply-templates select="event:customElements"/>
    </dynamicOptionEvent>
  </xsl:template>
</xsl:stylesheet>
