<?xml version="1.0" encoding="UTF-8"?>
<!-- A usage request that MDM or a value map refused, or that could not be delivered, as the negative answer that CCB
     expects. The refused message is CCB's, what MDM takes, or MDM's answer, as far as it got. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:r="urn:jmswrap:refusal:1"
                xmlns:m="urn:jmswrap:ccb-mdm:mdm:usage-response:1"
                xmlns:d2="http://ouaf.oracle.com/webservices/d2/D2-UsageTransactionRequestInbound"
                xmlns="http://ouaf.oracle.com/webservices/cm/CM-BillDeterminantInbound" exclude-result-prefixes="r m d2">
  <xsl:output method="xml" encoding="UTF-8"/>
  <xsl:include href="errors.xsl"/>

  <xsl:template match="/r:Refusal">
    <xsl:variable name="code"><xsl:call-template name="refusal-code"/></xsl:variable>
    <xsl:variable name="asked" select="r:body/d2:D2-UsageTransactionRequestInbound/d2:externalId |
                                       r:body/m:usageTransactionResponse/m:externalId |
                                       r:body/*[local-name() = 'sendDetails']/*[local-name() = 'usageId']"/>
    <xsl:variable name="agreement" select="r:body/d2:D2-UsageTransactionRequestInbound/d2:usExternalId |
                                           r:body/m:usageTransactionResponse/m:usExternalId |
                                           r:body/*[local-name() = 'sendDetails']/*[local-name() = 'saId']"/>
    <CM-BillDeterminantInbound>
      <usageId><xsl:value-of select="$asked"/></usageId>
      <saId><xsl:value-of select="$agreement"/></saId>
      <boStatus>ERROR</boStatus>
      <messageCategory><xsl:value-of select="substring-before($code, '!')"/></messageCategory>
      <messageNumber><xsl:value-of select="substring-after($code, '!')"/></messageNumber>
      <messageText><xsl:call-template name="refusal-text"/></messageText>
    </CM-BillDeterminantInbound>
  </xsl:template>
</xsl:stylesheet>
