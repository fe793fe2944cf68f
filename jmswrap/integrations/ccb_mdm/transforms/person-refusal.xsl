<?xml version="1.0" encoding="UTF-8"?>
<!-- A business fault of MDM to the negative acknowledgement that CCB expects: category and number from the OUAF fault
     detail where MDM gives them, else the vendor's generic category 11017 and number 11001. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:r="urn:jmswrap:refusal:1"
                xmlns:d1="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound" xmlns:ouaf="http://ouaf.oracle.com/"
                xmlns="http://ouaf.oracle.com/webservices/f1/F1-UpdateAndTransitionSyncRequest"
                exclude-result-prefixes="r d1 ouaf">
  <xsl:output method="xml" encoding="UTF-8"/>

  <xsl:template match="/r:Refusal">
    <xsl:variable name="message" select="r:faultDetail/ouaf:Fault/ServerMessage"/>
    <xsl:variable name="coded" select="number($message/Category) &gt; 0 and number($message/Number) &gt; 0"/>
    <F1-UpdateAndTransitionSyncRequest>
      <syncRequestId><xsl:value-of select="r:body/d1:D1-SyncRequestInbound/d1:externalReferenceId"/></syncRequestId>
      <boStatus>ERROR</boStatus>
      <messageCategory>
        <xsl:choose>
          <xsl:when test="$coded"><xsl:value-of select="$message/Category"/></xsl:when>
          <xsl:otherwise>11017</xsl:otherwise>
        </xsl:choose>
      </messageCategory>
      <messageNumber>
        <xsl:choose>
          <xsl:when test="$coded"><xsl:value-of select="$message/Number"/></xsl:when>
          <xsl:otherwise>11001</xsl:otherwise>
        </xsl:choose>
      </messageNumber>
      <messageText>
        <xsl:choose>
          <xsl:when test="$message/Text"><xsl:value-of select="$message/Text"/></xsl:when>
          <xsl:otherwise><xsl:value-of select="r:faultText"/></xsl:otherwise>
        </xsl:choose>
      </messageText>
    </F1-UpdateAndTransitionSyncRequest>
  </xsl:template>
</xsl:stylesheet>
