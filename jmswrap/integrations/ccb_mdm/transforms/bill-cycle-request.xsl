<?xml version="1.0" encoding="UTF-8"?>
<!-- Bill Cycle Sync: CCB's sendDetails to MDM's D1-SyncRequestInbound. The mapping of the header block is the
     vendor's published one (in common.xsl); that of the payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:cycle="urn:jmswrap:ccb-mdm:ccb:bill-cycle-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="cycle">
  <xsl:import href="common.xsl"/>
  <xsl:include href="custom/bill-cycle-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2BillCycleSyncReqEBF</xsl:variable>

  <xsl:template match="cycle:sendDetails">
    <D1-SyncRequestInbound>
      <xsl:call-template name="sync-header"/>
      <xsl:apply-templates select="cycle:billCycle"/>
      <xsl:apply-templates select="cycle:customElements"/>
    </D1-SyncRequestInbound>
  </xsl:template>

  <xsl:template match="cycle:billCycle">
    <billCycle>
      <description><xsl:value-of select="cycle:description"/></description>
      <xsl:for-each select="cycle:schedule">
        <schedule>
          <windowStartDate><xsl:value-of select="cycle:windowStartDate"/></windowStartDate>
          <windowEndDate><xsl:value-of select="cycle:windowEndDate"/></windowEndDate>
          <xsl:for-each select="cycle:accountingDate">
            <accountingDate><xsl:value-of select="."/></accountingDate>
          </xsl:for-each>
          <xsl:for-each select="cycle:estimateDate">
            <estimationDate><xsl:value-of select="."/></estimationDate>
          </xsl:for-each>
          <xsl:for-each select="cycle:freezeAndComplete">
            <freezeAndComplete><xsl:value-of select="."/></freezeAndComplete>
          </xsl:for-each>
        </schedule>
      </xsl:for-each>
      <xsl:apply-templates select="cycle:customElements"/>
    </billCycle>
  </xsl:template>
</xsl:stylesheet>
