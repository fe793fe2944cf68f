<?xml version="1.0" encoding="UTF-8"?>
<!-- The bill determinants that MDM sends, as CCB takes them, for batch and online billing; each has a stylesheet of its
     own that imports this. Both forms are jmswrap's own design; the value maps are the vendor's. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:m="urn:jmswrap:ccb-mdm:mdm:usage-response:1"
                xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
                xmlns="http://ouaf.oracle.com/webservices/cm/CM-BillDeterminantInbound" exclude-result-prefixes="m dvm">
  <xsl:import href="common.xsl"/>
  <xsl:include href="errors.xsl"/>

  <xsl:template match="m:usageTransactionResponse">
    <CM-BillDeterminantInbound>
      <usageId><xsl:value-of select="m:externalId"/></usageId>
      <saId><xsl:value-of select="m:usExternalId"/></saId>
      <boStatus>
        <xsl:choose>
          <xsl:when test="m:outcome = 'ERROR'">ERROR</xsl:when>
          <xsl:otherwise>BD_RECEIVED</xsl:otherwise>
        </xsl:choose>
      </boStatus>
      <usageTransactionId><xsl:value-of select="m:usageTransactionId"/></usageTransactionId>
      <xsl:apply-templates select="m:usagePeriod"/>
      <xsl:if test="m:outcome = 'ERROR'">
        <xsl:variable name="code">
          <xsl:call-template name="error-code">
            <xsl:with-param name="category" select="m:error/m:messageCategory"/>
            <xsl:with-param name="number" select="m:error/m:messageNumber"/>
          </xsl:call-template>
        </xsl:variable>
        <messageCategory><xsl:value-of select="substring-before($code, '!')"/></messageCategory>
        <messageNumber><xsl:value-of select="substring-after($code, '!')"/></messageNumber>
        <messageText><xsl:value-of select="m:error/m:text"/></messageText>
      </xsl:if>
      <xsl:apply-templates select="m:customElements"/>
    </CM-BillDeterminantInbound>
  </xsl:template>

  <xsl:template match="m:usagePeriod">
    <usagePeriod>
      <startDateTime><xsl:value-of select="m:startDateTime"/></startDateTime>
      <endDateTime><xsl:value-of select="m:endDateTime"/></endDateTime>
      <xsl:for-each select="m:estimated"><estimated><xsl:value-of select="."/></estimated></xsl:for-each>
      <xsl:apply-templates select="m:serviceQuantity | m:registerRead | m:intervalData"/>
    </usagePeriod>
  </xsl:template>

  <xsl:template match="m:serviceQuantity">
    <serviceQuantity>
      <sequence><xsl:value-of select="m:sequence"/></sequence>
      <uom>
        <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUMDM2_OUCCB2_UOM.dvm'),
                                'OUMDM2_UOM', m:unitOfMeasure, 'OUCCB2_UOM', m:unitOfMeasure)"/>
      </uom>
      <xsl:for-each select="m:timeOfUse">
        <tou>
          <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUMDM2_OUCCB2_TOU.dvm'), 'OUMDM2_TOU', ., 'OUCCB2_TOU', .)"/>
        </tou>
      </xsl:for-each>
      <xsl:for-each select="m:serviceQuantityIdentifier">
        <sqi>
          <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUMDM2_OUCCB2_SQI.dvm'), 'OUMDM2_SQI', ., 'OUCCB2_SQI', .)"/>
        </sqi>
      </xsl:for-each>
      <quantity><xsl:value-of select="m:quantity"/></quantity>
      <xsl:for-each select="m:servicePointExternalId">
        <servicePointId><xsl:value-of select="."/></servicePointId>
      </xsl:for-each>
    </serviceQuantity>
  </xsl:template>

  <xsl:template match="m:registerRead">
    <registerRead>
      <registerId><xsl:value-of select="m:measuringComponentExternalId"/></registerId>
      <startDateTime><xsl:value-of select="m:startDateTime"/></startDateTime>
      <startReading><xsl:value-of select="m:startReading"/></startReading>
      <endDateTime><xsl:value-of select="m:endDateTime"/></endDateTime>
      <endReading><xsl:value-of select="m:endReading"/></endReading>
      <xsl:for-each select="m:readType"><readType><xsl:value-of select="."/></readType></xsl:for-each>
    </registerRead>
  </xsl:template>

  <xsl:template match="m:intervalData">
    <intervalData>
      <registerId><xsl:value-of select="m:measuringComponentExternalId"/></registerId>
      <startDateTime><xsl:value-of select="m:startDateTime"/></startDateTime>
      <secondsPerInterval><xsl:value-of select="m:secondsPerInterval"/></secondsPerInterval>
      <xsl:for-each select="m:quantity"><quantity><xsl:value-of select="."/></quantity></xsl:for-each>
    </intervalData>
  </xsl:template>
</xsl:stylesheet>
