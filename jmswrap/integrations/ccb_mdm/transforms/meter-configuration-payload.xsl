<?xml version="1.0" encoding="UTF-8"?>
<!-- A meter's configuration with its registers; a device configuration with measuring components in MDM. In a request
     of its own and in a composite request about a meter. The payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:configuration="urn:jmswrap:ccb-mdm:ccb:meter-configuration-sync:1"
                xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="configuration dvm">
  <xsl:template match="configuration:meterConfiguration">
    <deviceConfiguration>
      <xsl:for-each select="configuration:meterConfigurationId">
        <externalId><xsl:value-of select="."/></externalId>
      </xsl:for-each>
      <deviceExternalId><xsl:value-of select="configuration:meterId"/></deviceExternalId>
      <deviceConfigurationType>
        <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_DeviceConfigType.dvm'),
                            'OUCCB2_DeviceConfigType', configuration:configurationType, 'OUMDM2_DeviceConfigType', configuration:configurationType)"/>
      </deviceConfigurationType>
      <effectiveDateTime><xsl:value-of select="configuration:effectiveDateTime"/></effectiveDateTime>
      <xsl:for-each select="configuration:timeZone"><timeZone><xsl:value-of select="."/></timeZone></xsl:for-each>
      <xsl:for-each select="configuration:register">
        <measuringComponent>
          <externalId><xsl:value-of select="configuration:registerId"/></externalId>
          <sequence><xsl:value-of select="configuration:readSequence"/></sequence>
          <xsl:for-each select="configuration:serviceType">
            <serviceType>
              <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_MCServiceType.dvm'),
                                  'OUCCB2_MCServiceType', ., 'OUMDM2_MCServiceType', .)"/>
            </serviceType>
          </xsl:for-each>
          <unitOfMeasure>
            <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUMDM2_OUCCB2_UOM.dvm'),
                                'OUCCB2_UOM', configuration:uom, 'OUMDM2_UOM', configuration:uom)"/>
          </unitOfMeasure>
          <xsl:for-each select="configuration:tou">
            <timeOfUse>
              <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUMDM2_OUCCB2_TOU.dvm'),
                                  'OUCCB2_TOU', ., 'OUMDM2_TOU', .)"/>
            </timeOfUse>
          </xsl:for-each>
          <xsl:for-each select="configuration:sqi">
            <serviceQuantityIdentifier>
              <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUMDM2_OUCCB2_SQI.dvm'),
                                  'OUCCB2_SQI', ., 'OUMDM2_SQI', .)"/>
            </serviceQuantityIdentifier>
          </xsl:for-each>
          <xsl:for-each select="configuration:readOutType">
            <readOutType>
              <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_ReadOutType.dvm'),
                                  'OUCCB2_ReadOutType', ., 'OUMDM2_ReadOutType', .)"/>
            </readOutType>
          </xsl:for-each>
          <consumptiveSubtractive><xsl:value-of select="configuration:consumptiveSubtractive"/></consumptiveSubtractive>
          <xsl:for-each select="configuration:digitsLeft">
            <numberOfDigitsLeft><xsl:value-of select="."/></numberOfDigitsLeft>
          </xsl:for-each>
          <xsl:for-each select="configuration:digitsRight">
            <numberOfDigitsRight><xsl:value-of select="."/></numberOfDigitsRight>
          </xsl:for-each>
          <xsl:for-each select="configuration:fullScale">
            <fullScale><xsl:value-of select="."/></fullScale>
          </xsl:for-each>
          <xsl:for-each select="configuration:registerConstant">
            <multiplier><xsl:value-of select="."/></multiplier>
          </xsl:for-each>
          <xsl:for-each select="configuration:intervalSeconds">
            <secondsPerInterval><xsl:value-of select="."/></secondsPerInterval>
          </xsl:for-each>
        </measuringComponent>
      </xsl:for-each>
      <xsl:apply-templates select="configuration:customElements"/>
    </deviceConfiguration>
  </xsl:template>
</xsl:stylesheet>
