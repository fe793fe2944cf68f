<?xml version="1.0" encoding="UTF-8"?>
<!-- SA Information Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is the
     vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:sa="urn:jmswrap:ccb-mdm:ccb:sa-sync:1"
                xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="sa dvm">
  <xsl:import href="common.xsl"/>
  <xsl:include href="custom/sa-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2SASyncReqEBF</xsl:variable>

  <xsl:template match="sa:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="sa:serviceAgreement"/>
      <xsl:apply-templates select="sa:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>

  <xsl:template match="sa:serviceAgreement">
    <usageSubscription>
      <usageSubscriptionType>
        <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_USType.dvm'),
                            'OUCCB2_USType', concat(sa:cisDivision, '!', sa:saType), 'OUMDM2_USType', sa:saType)"/>
      </usageSubscriptionType>
      <status><xsl:value-of select="sa:status"/></status>
      <startDate><xsl:value-of select="sa:startDate"/></startDate>
      <xsl:for-each select="sa:endDate"><endDate><xsl:value-of select="."/></endDate></xsl:for-each>
      <accountExternalId><xsl:value-of select="sa:accountId"/></accountExternalId>
      <xsl:for-each select="sa:personId">
        <contactExternalId><xsl:value-of select="."/></contactExternalId>
      </xsl:for-each>
      <xsl:for-each select="sa:billCycle"><billCycle><xsl:value-of select="."/></billCycle></xsl:for-each>
      <xsl:for-each select="sa:rateSchedule"><rateSchedule><xsl:value-of select="."/></rateSchedule></xsl:for-each>
      <xsl:for-each select="sa:servicePoint">
        <subscriptionServicePoint>
          <servicePointExternalId><xsl:value-of select="sa:spId"/></servicePointExternalId>
          <startDateTime><xsl:value-of select="sa:startDateTime"/></startDateTime>
          <xsl:for-each select="sa:stopDateTime"><stopDateTime><xsl:value-of select="."/></stopDateTime></xsl:for-each>
          <xsl:for-each select="sa:usageFlag"><usageFlag><xsl:value-of select="."/></usageFlag></xsl:for-each>
          <xsl:for-each select="sa:usePercent"><usePercent><xsl:value-of select="."/></usePercent></xsl:for-each>
        </subscriptionServicePoint>
      </xsl:for-each>
      <xsl:for-each select="sa:contractOptionId">
        <dynamicOptionExternalId><xsl:value-of select="."/></dynamicOptionExternalId>
      </xsl:for-each>
      <xsl:for-each select="sa:characteristic">
        <characteristic>
          <characteristicType><xsl:value-of select="sa:charType"/></characteristicType>
          <xsl:for-each select="sa:effectiveDate">
            <effectiveDate><xsl:value-of select="."/></effectiveDate>
          </xsl:for-each>
          <characteristicValue><xsl:value-of select="sa:charValue"/></characteristicValue>
        </characteristic>
      </xsl:for-each>
      <xsl:apply-templates select="sa:customElements"/>
    </usageSubscription>
  </xsl:template>
</xsl:stylesheet>
