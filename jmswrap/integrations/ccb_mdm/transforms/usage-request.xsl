<?xml version="1.0" encoding="UTF-8"?>
<!-- CCB's usage request to MDM's D2-UsageTransactionRequestInbound, for batch and online billing; each has a stylesheet
     of its own that imports this. usageId, previousUsageId and saId are mapped as the vendor publishes; the rest is
     jmswrap's own design. By local names, because each process has a namespace of its own. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns="http://ouaf.oracle.com/webservices/d2/D2-UsageTransactionRequestInbound">
  <xsl:import href="common.xsl"/>

  <xsl:template match="/*[local-name() = 'sendDetails']">
    <D2-UsageTransactionRequestInbound>
      <externalId><xsl:value-of select="*[local-name() = 'usageId']"/></externalId>
      <xsl:for-each select="*[local-name() = 'previousUsageId']">
        <previousUsageId><xsl:value-of select="."/></previousUsageId>
      </xsl:for-each>
      <usExternalId><xsl:value-of select="*[local-name() = 'saId']"/></usExternalId>
      <externalSystem><xsl:call-template name="system"/></externalSystem>
      <requestKind><xsl:value-of select="$kind"/></requestKind>
      <startDateTime><xsl:value-of select="*[local-name() = 'startDateTime']"/></startDateTime>
      <endDateTime><xsl:value-of select="*[local-name() = 'endDateTime']"/></endDateTime>
      <xsl:for-each select="*[local-name() = 'ratePeriod']">
        <usagePeriod>
          <xsl:for-each select="*">
            <xsl:element name="{local-name()}"
                         namespace="http://ouaf.oracle.com/webservices/d2/D2-UsageTransactionRequestInbound">
              <xsl:value-of select="."/>
            </xsl:element>
          </xsl:for-each>
        </usagePeriod>
      </xsl:for-each>
      <xsl:for-each select="*[local-name() = 'billCycle']"><billCycle><xsl:value-of select="."/></billCycle></xsl:for-each>
      <xsl:for-each select="*[local-name() = 'windowStartDate']">
        <windowStartDate><xsl:value-of select="."/></windowStartDate>
      </xsl:for-each>
      <xsl:for-each select="*[local-name() = 'userId']">
        <responsibleUser><xsl:value-of select="."/></responsibleUser>
      </xsl:for-each>
      <xsl:apply-templates select="*[local-name() = 'customElements']"/>
    </D2-UsageTransactionRequestInbound>
  </xsl:template>
</xsl:stylesheet>
