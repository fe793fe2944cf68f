<?xml version="1.0" encoding="UTF-8"?>
<!-- Batch Bill Determinant: what MDM answers, as CCB takes it. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:import href="usage-response.xsl"/>
  <xsl:include href="custom/batch-bill-determinant-response.xsl"/>
  <xsl:variable name="service">OUMDM2OUCCB2BatchBillDeterminantRespEBF</xsl:variable>
</xsl:stylesheet>
