<?xml version="1.0" encoding="UTF-8"?>
<!-- SA Relationship Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is the
     vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:relationship="urn:jmswrap:ccb-mdm:ccb:sa-relationship-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="relationship">
  <xsl:import href="common.xsl"/>
  <xsl:include href="custom/sa-relationship-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2SARelSyncReqEBF</xsl:variable>

  <xsl:template match="relationship:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="relationship:saRelationship"/>
      <xsl:apply-templates select="relationship:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>

  <xsl:template match="relationship:saRelationship">
    <subscriptionRelationship>
      <usageSubscriptionExternalId><xsl:value-of select="relationship:saId"/></usageSubscriptionExternalId>
      <relationshipType><xsl:value-of select="relationship:relationshipType"/></relationshipType>
      <serviceProvider><xsl:value-of select="relationship:serviceProvider"/></serviceProvider>
      <startDate><xsl:value-of select="relationship:startDate"/></startDate>
      <xsl:for-each select="relationship:endDate"><endDate><xsl:value-of select="."/></endDate></xsl:for-each>
      <xsl:for-each select="relationship:characteristic">
        <characteristic>
          <characteristicType><xsl:value-of select="relationship:charType"/></characteristicType>
          <xsl:for-each select="relationship:effectiveDate">
            <effectiveDate><xsl:value-of select="."/></effectiveDate>
          </xsl:for-each>
          <characteristicValue><xsl:value-of select="relationship:charValue"/></characteristicValue>
        </characteristic>
      </xsl:for-each>
      <xsl:apply-templates select="relationship:customElements"/>
    </subscriptionRelationship>
  </xsl:template>
</xsl:stylesheet>
