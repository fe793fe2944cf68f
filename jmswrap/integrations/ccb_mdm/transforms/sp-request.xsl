<?xml version="1.0" encoding="UTF-8"?>
<!-- SP Information Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is the
     vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:sp="urn:jmswrap:ccb-mdm:ccb:sp-sync:1"
                xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="sp dvm">
  <xsl:import href="common.xsl"/>
  <xsl:include href="custom/sp-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2SPSyncReqEBF</xsl:variable>

  <xsl:template match="sp:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="sp:servicePoint"/>
      <xsl:apply-templates select="sp:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>

  <xsl:template match="sp:servicePoint">
    <servicePoint>
      <servicePointType>
        <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_SPType.dvm'),
                            'OUCCB2_SPType', sp:spType, 'OUMDM2_SPType', sp:spType)"/>
      </servicePointType>
      <status><xsl:value-of select="sp:status"/></status>
      <xsl:for-each select="sp:sourceStatus"><sourceStatus><xsl:value-of select="."/></sourceStatus></xsl:for-each>
      <xsl:for-each select="sp:premiseId">
        <premiseExternalId><xsl:value-of select="."/></premiseExternalId>
      </xsl:for-each>
      <xsl:for-each select="sp:installDate">
        <installationDate><xsl:value-of select="."/></installationDate>
      </xsl:for-each>
      <xsl:for-each select="sp:abolishDate"><abolishDate><xsl:value-of select="."/></abolishDate></xsl:for-each>
      <xsl:for-each select="sp:disconnectLocation">
        <disconnectLocation>
          <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_DisconnectLocation.dvm'),
                              'OUCCB2_DisconnectLocation', ., 'OUMDM2_DisconnectLocation', .)"/>
        </disconnectLocation>
      </xsl:for-each>
      <xsl:for-each select="sp:meterReadCycle">
        <measurementCycle><xsl:value-of select="."/></measurementCycle>
      </xsl:for-each>
      <xsl:for-each select="sp:meterReadRoute">
        <measurementCycleRoute><xsl:value-of select="."/></measurementCycleRoute>
      </xsl:for-each>
      <xsl:for-each select="sp:meterReadSequence">
        <measurementCycleSequence><xsl:value-of select="."/></measurementCycleSequence>
      </xsl:for-each>
      <xsl:for-each select="sp:timeZone"><timeZone><xsl:value-of select="."/></timeZone></xsl:for-each>
      <xsl:for-each select="sp:latitude"><latitude><xsl:value-of select="."/></latitude></xsl:for-each>
      <xsl:for-each select="sp:longitude"><longitude><xsl:value-of select="."/></longitude></xsl:for-each>
      <xsl:for-each select="sp:geographic">
        <geographicIdentifier>
          <identifierType><xsl:value-of select="sp:geoType"/></identifierType>
          <identifierValue><xsl:value-of select="sp:geoValue"/></identifierValue>
        </geographicIdentifier>
      </xsl:for-each>
      <xsl:for-each select="sp:address">
        <address>
          <address1><xsl:value-of select="sp:address1"/></address1>
          <xsl:for-each select="sp:address2"><address2><xsl:value-of select="."/></address2></xsl:for-each>
          <xsl:for-each select="sp:address3"><address3><xsl:value-of select="."/></address3></xsl:for-each>
          <city><xsl:value-of select="sp:city"/></city>
          <xsl:for-each select="sp:county"><county><xsl:value-of select="."/></county></xsl:for-each>
          <xsl:for-each select="sp:state"><state><xsl:value-of select="."/></state></xsl:for-each>
          <xsl:for-each select="sp:postal"><postal><xsl:value-of select="."/></postal></xsl:for-each>
          <country>
            <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_Country.dvm'),
                                'OUCCB2_Country', sp:country, 'OUMDM2_Country', sp:country)"/>
          </country>
        </address>
      </xsl:for-each>
      <xsl:for-each select="sp:characteristic">
        <characteristic>
          <characteristicType><xsl:value-of select="sp:charType"/></characteristicType>
          <xsl:for-each select="sp:effectiveDate">
            <effectiveDate><xsl:value-of select="."/></effectiveDate>
          </xsl:for-each>
          <characteristicValue><xsl:value-of select="sp:charValue"/></characteristicValue>
        </characteristic>
      </xsl:for-each>
      <xsl:apply-templates select="sp:customElements"/>
    </servicePoint>
  </xsl:template>
</xsl:stylesheet>
