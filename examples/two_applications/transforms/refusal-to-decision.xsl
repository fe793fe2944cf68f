<?xml version="1.0" encoding="utf-8"?>
<!-- Why the warehouse refused an order, as sales wants to hear it. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:r="urn:jmswrap:refusal:1" xmlns:o="urn:example:sales:orders" xmlns:s="urn:example:sales:inbound"
    exclude-result-prefixes="r o">
  <xsl:template match="/r:Refusal">
    <s:OrderDecided>
      <s:orderId><xsl:value-of select="r:body/o:PlaceOrder/o:orderId"/></s:orderId>
      <s:decision>refused</s:decision>
      <s:remark><xsl:value-of select="r:faultText"/></s:remark>
    </s:OrderDecided>
  </xsl:template>
</xsl:stylesheet>
