<?xml version="1.0" encoding="UTF-8"?>
<!-- MDM's answer to CCB's F1-UpdateAndTransitionSyncRequest. An error without a mapped code carries the vendor's
     generic category 11017 and number 11001; the text is MDM's own. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:m="urn:jmswrap:ccb-mdm:mdm:sync-response:1"
                xmlns="http://ouaf.oracle.com/webservices/f1/F1-UpdateAndTransitionSyncRequest" exclude-result-prefixes="m">
  <xsl:output method="xml" encoding="UTF-8"/>

  <xsl:template match="/m:syncRequestResponse">
    <F1-UpdateAndTransitionSyncRequest>
      <syncRequestId><xsl:value-of select="m:externalReferenceId"/></syncRequestId>
      <boStatus><xsl:value-of select="m:outcome"/></boStatus>
      <xsl:if test="m:productionPkValue">
        <productionPkValue><xsl:value-of select="m:productionPkValue"/></productionPkValue>
      </xsl:if>
      <xsl:if test="m:outcome = 'ERROR'">
        <messageCategory>11017</messageCategory>
        <messageNumber>11001</messageNumber>
        <messageText><xsl:value-of select="m:error/m:text"/></messageText>
      </xsl:if>
    </F1-UpdateAndTransitionSyncRequest>
  </xsl:template>
</xsl:stylesheet>
