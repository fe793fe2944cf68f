<?xml version="1.0" encoding="UTF-8"?>
<!-- A synchronization that MDM or a value map refused, or that could not be delivered, as the negative acknowledgement
     that CCB expects. The refused message is CCB's, what MDM takes, or MDM's answer, as far as it got. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:r="urn:jmswrap:refusal:1"
                xmlns:m="urn:jmswrap:ccb-mdm:mdm:sync-response:1"
                xmlns:d1="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                xmlns="http://ouaf.oracle.com/webservices/f1/F1-UpdateAndTransitionSyncRequest"
                exclude-result-prefixes="r m d1">
  <xsl:output method="xml" encoding="UTF-8"/>
  <xsl:include href="errors.xsl"/>

  <xsl:template match="/r:Refusal">
    <xsl:variable name="code"><xsl:call-template name="refusal-code"/></xsl:variable>
    <xsl:variable name="asked" select="r:body/d1:D1-SyncRequestInbound/d1:externalReferenceId |
                                       r:body/m:syncRequestResponse/m:externalReferenceId |
                                       r:body/*[local-name() = 'sendDetails']/*[local-name() = 'syncRequestId']"/>
    <F1-UpdateAndTransitionSyncRequest>
      <syncRequestId><xsl:value-of select="$asked"/></syncRequestId>
      <boStatus>ERROR</boStatus>
      <messageCategory><xsl:value-of select="substring-before($code, '!')"/></messageCategory>
      <messageNumber><xsl:value-of select="substring-after($code, '!')"/></messageNumber>
      <messageText><xsl:call-template name="refusal-text"/></messageText>
    </F1-UpdateAndTransitionSyncRequest>
  </xsl:template>
</xsl:stylesheet>
