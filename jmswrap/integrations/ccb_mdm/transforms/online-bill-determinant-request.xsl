<?xml version="1.0" encoding="UTF-8"?>
<!-- Online Bill Determinant: CCB's sendDetails to MDM's D2-UsageTransactionRequestInbound. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:import href="usage-request.xsl"/>
  <xsl:include href="custom/online-bill-determinant-request.xsl"/>
  <xsl:variable name="service">OUCCB2OUMDM2OnlineBillDeterminantReqEBF</xsl:variable>
  <xsl:variable name="kind">ONLINE</xsl:variable>
</xsl:stylesheet>
