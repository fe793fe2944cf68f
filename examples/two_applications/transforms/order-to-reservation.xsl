<?xml version="1.0" encoding="utf-8"?>
<!-- What sales orders, as the warehouse wants to be asked. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:o="urn:example:sales:orders" xmlns:w="urn:example:warehouse" exclude-result-prefixes="o">
  <xsl:template match="/o:PlaceOrder">
    <w:Reserve>
      <w:reference><xsl:value-of select="o:orderId"/></w:reference>
      <w:item><xsl:value-of select="o:article"/></w:item>
      <w:pieces><xsl:value-of select="o:quantity"/></w:pieces>
    </w:Reserve>
  </xsl:template>
</xsl:stylesheet>
