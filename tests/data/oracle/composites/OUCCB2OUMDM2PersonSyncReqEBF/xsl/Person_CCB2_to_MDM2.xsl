<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:d1="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
    xmlns:aia="http://www.oracle.com/XSL/Transform/java/oracle.apps.aia.core.xpath.AIAFunctions"
    xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
    xmlns:xref="http://www.oracle.com/XSL/Transform/java/oracle.tip.xref.xpath.XRefXPathFunctions"
    xmlns:orcl="http://www.oracle.com/XSL/Transform/java/oracle.tip.pc.services.functions.ExtFunc"
    xmlns:xp20="http://www.oracle.com/XSL/Transform/java/oracle.tip.pc.services.functions.Xpath20"
    exclude-result-prefixes="xsl aia dvm xref orcl xp20">
  <xsl:import href="Person_Custom.xsl"/>
  <xsl:variable name="system"
      select="aia:getServiceProperty('OUCCB2OUMDM2PersonSyncReqEBF', 'Default.SystemID', true())"/>
  <xsl:template match="/sendDetails">
    <xsl:variable name="mo" select="normalize-space(mo)"/>
    <d1:D1-SyncRequestInbound>
      <d1:externalReferenceId><xsl:value-of select="syncRequestId"/></d1:externalReferenceId>
      <d1:externalSystem><xsl:value-of select="sourceSystem"/></d1:externalSystem>
      <xsl:if test="initialLoad">
        <d1:initialLoad><xsl:value-of select="xp20:lower-case(initialLoad)"/></d1:initialLoad>
      </xsl:if>
      <d1:targetMo>
        <xsl:value-of
            select="dvm:lookupValue('oramds:/apps/CCB2-MDM2/dvm/OUCCB2_OUMDM2_MO.dvm', 'OUCCB2_MO', $mo, 'OUMDM2_MO', $mo)"/>
      </d1:targetMo>
      <d1:externalPkValue1><xsl:value-of select="pkValue1"/></d1:externalPkValue1>
      <d1:productionPkValue>
        <xsl:choose>
          <xsl:when test="xref:lookupXRef('oramds:/apps/CCB2-MDM2/xref/CONTACT_ID.xref', 'OU_CCB2_01', pkValue1, 'COMMON', false()) = ''">
            <xsl:value-of
                select="xref:populateXRefRow('CONTACT_ID', 'OU_CCB2_01', pkValue1, 'COMMON', orcl:generate-guid(), 'ADD')"/>
          </xsl:when>
          <xsl:otherwise>
            <xsl:value-of select="xref:lookupXRef('CONTACT_ID', 'OU_CCB2_01', pkValue1, 'COMMON', true())"/>
          </xsl:otherwise>
        </xsl:choose>
      </d1:productionPkValue>
      <xsl:call-template name="customElements"/>
    </d1:D1-SyncRequestInbound>
  </xsl:template>
</xsl:stylesheet>
