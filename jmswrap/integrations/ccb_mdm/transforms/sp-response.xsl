<?xml version="1.0" encoding="UTF-8"?>
<!-- SP Information Sync: MDM's answer to CCB's F1-UpdateAndTransitionSyncRequest. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:import href="sync-response.xsl"/>
  <xsl:include href="custom/sp-response.xsl"/>
  <xsl:variable name="service">OUMDM2OUCCB2SPSyncRespEBF</xsl:variable>
</xsl:stylesheet>
