<?xml version="1.0" encoding="UTF-8"?>
<!-- Meter Information Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is the
     vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:meter="urn:jmswrap:ccb-mdm:ccb:meter-sync:1"
                xmlns:configuration="urn:jmswrap:ccb-mdm:ccb:meter-configuration-sync:1"
                xmlns:history="urn:jmswrap:ccb-mdm:ccb:sp-meter-history-sync:1"
                xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="meter configuration history dvm">
  <xsl:import href="common.xsl"/>
  <xsl:include href="meter-configuration-payload.xsl"/>
  <xsl:include href="sp-meter-history-payload.xsl"/>
  <xsl:include href="custom/meter-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2MeterSyncReqEBF</xsl:variable>

  <xsl:template match="meter:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="meter:meter | configuration:meterConfiguration | history:spMeterHistory"/>
      <xsl:apply-templates select="meter:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>

  <xsl:template match="meter:meter">
    <device>
      <deviceType>
        <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_DeviceType.dvm'),
                            'OUCCB2_DeviceType', meter:meterType, 'OUMDM2_DeviceType', meter:meterType)"/>
      </deviceType>
      <badgeNumber><xsl:value-of select="meter:badgeNumber"/></badgeNumber>
      <xsl:for-each select="meter:serialNumber"><serialNumber><xsl:value-of select="."/></serialNumber></xsl:for-each>
      <status><xsl:value-of select="meter:status"/></status>
      <xsl:for-each select="meter:manufacturer">
        <manufacturer>
          <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_Manufacturer.dvm'),
                              'OUCCB2_Manufacturer', ., 'OUMDM2_Manufacturer', .)"/>
        </manufacturer>
      </xsl:for-each>
      <xsl:for-each select="meter:model">
        <model>
          <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_Model.dvm'),
                              'OUCCB2_Model', ., 'OUMDM2_Model', .)"/>
        </model>
      </xsl:for-each>
      <xsl:for-each select="meter:receiveDate"><receiptDate><xsl:value-of select="."/></receiptDate></xsl:for-each>
      <xsl:for-each select="meter:retireDate"><retirementDate><xsl:value-of select="."/></retirementDate></xsl:for-each>
      <xsl:for-each select="meter:retireReason">
        <retirementReason><xsl:value-of select="."/></retirementReason>
      </xsl:for-each>
      <xsl:for-each select="meter:headEndSystem">
        <headEndSystem><xsl:value-of select="."/></headEndSystem>
      </xsl:for-each>
      <xsl:for-each select="meter:characteristic">
        <characteristic>
          <characteristicType><xsl:value-of select="meter:charType"/></characteristicType>
          <xsl:for-each select="meter:effectiveDate">
            <effectiveDate><xsl:value-of select="."/></effectiveDate>
          </xsl:for-each>
          <characteristicValue><xsl:value-of select="meter:charValue"/></characteristicValue>
        </characteristic>
      </xsl:for-each>
      <xsl:apply-templates select="meter:customElements"/>
    </device>
  </xsl:template>
</xsl:stylesheet>
