<?xml version="1.0" encoding="UTF-8"?>
<!-- Online Bill Determinant: what MDM answers, as CCB takes it. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:import href="usage-response.xsl"/>
  <xsl:include href="custom/online-bill-determinant-response.xsl"/>
  <xsl:variable name="service">OUMDM2OUCCB2OnlineBillDeterminantRespEBF</xsl:variable>
</xsl:stylesheet>
