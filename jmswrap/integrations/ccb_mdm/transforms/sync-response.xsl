<?xml version="1.0" encoding="UTF-8"?>
<!-- MDM's answer to a synchronization as CCB's F1-UpdateAndTransitionSyncRequest, for all processes; each has a
     stylesheet of its own that imports this. Both forms are jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:m="urn:jmswrap:ccb-mdm:mdm:sync-response:1"
                xmlns="http://ouaf.oracle.com/webservices/f1/F1-UpdateAndTransitionSyncRequest"
                exclude-result-prefixes="m">
  <xsl:import href="common.xsl"/>
  <xsl:include href="errors.xsl"/>

  <xsl:template match="m:syncRequestResponse">
    <F1-UpdateAndTransitionSyncRequest>
      <syncRequestId><xsl:value-of select="m:externalReferenceId"/></syncRequestId>
      <boStatus><xsl:value-of select="m:outcome"/></boStatus>
      <xsl:for-each select="m:productionPkValue">
        <productionPkValue><xsl:value-of select="."/></productionPkValue>
      </xsl:for-each>
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
    </F1-UpdateAndTransitionSyncRequest>
  </xsl:template>
</xsl:stylesheet>
