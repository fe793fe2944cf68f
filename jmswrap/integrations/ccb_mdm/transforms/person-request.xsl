<?xml version="1.0" encoding="UTF-8"?>
<!-- Person Information Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is the
     vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:person="urn:jmswrap:ccb-mdm:ccb:person-sync:1"
                xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="person dvm">
  <xsl:import href="common.xsl"/>
  <xsl:include href="custom/person-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2PersonSyncReqEBF</xsl:variable>

  <xsl:template match="person:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="person:person"/>
      <xsl:apply-templates select="person:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>

  <xsl:template match="person:person">
    <contact>
      <contactType>
        <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_ContactType.dvm'),
                            'OUCCB2_ContactType', person:personOrBusiness, 'OUMDM2_ContactType', person:personOrBusiness)"/>
      </contactType>
      <xsl:for-each select="person:name">
        <name>
          <nameType><xsl:value-of select="person:nameType"/></nameType>
          <entityName><xsl:value-of select="person:entityName"/></entityName>
          <primary><xsl:value-of select="person:isPrimary"/></primary>
        </name>
      </xsl:for-each>
      <xsl:for-each select="person:identifier">
        <identifier>
          <identifierType><xsl:value-of select="person:idType"/></identifierType>
          <identifierValue><xsl:value-of select="person:idNumber"/></identifierValue>
        </identifier>
      </xsl:for-each>
      <xsl:for-each select="person:phone">
        <phone>
          <phoneType><xsl:value-of select="person:phoneType"/></phoneType>
          <phoneNumber><xsl:value-of select="person:phoneNumber"/></phoneNumber>
          <xsl:for-each select="person:extension"><extension><xsl:value-of select="."/></extension></xsl:for-each>
        </phone>
      </xsl:for-each>
      <xsl:for-each select="person:email"><emailAddress><xsl:value-of select="."/></emailAddress></xsl:for-each>
      <xsl:for-each select="person:language"><language><xsl:value-of select="."/></language></xsl:for-each>
      <xsl:for-each select="person:address">
        <address>
          <address1><xsl:value-of select="person:address1"/></address1>
          <xsl:for-each select="person:address2"><address2><xsl:value-of select="."/></address2></xsl:for-each>
          <xsl:for-each select="person:address3"><address3><xsl:value-of select="."/></address3></xsl:for-each>
          <city><xsl:value-of select="person:city"/></city>
          <xsl:for-each select="person:county"><county><xsl:value-of select="."/></county></xsl:for-each>
          <xsl:for-each select="person:state"><state><xsl:value-of select="."/></state></xsl:for-each>
          <xsl:for-each select="person:postal"><postal><xsl:value-of select="."/></postal></xsl:for-each>
          <country>
            <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_Country.dvm'),
                                'OUCCB2_Country', person:country, 'OUMDM2_Country', person:country)"/>
          </country>
        </address>
      </xsl:for-each>
      <xsl:for-each select="person:characteristic">
        <characteristic>
          <characteristicType><xsl:value-of select="person:charType"/></characteristicType>
          <xsl:for-each select="person:effectiveDate">
            <effectiveDate><xsl:value-of select="."/></effectiveDate>
          </xsl:for-each>
          <characteristicValue><xsl:value-of select="person:charValue"/></characteristicValue>
        </characteristic>
      </xsl:for-each>
      <xsl:apply-templates select="person:customElements"/>
    </contact>
  </xsl:template>
</xsl:stylesheet>
