<?xml version="1.0" encoding="utf-8"?>
<!-- What the warehouse answered, as sales wants to hear it. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:w="urn:example:warehouse" xmlns:s="urn:example:sales:inbound" exclude-result-prefixes="w">
  <xsl:template match="/w:ReserveResponse">
    <s:OrderDecided>
      <s:orderId><xsl:value-of select="w:reference"/></s:orderId>
      <s:decision>confirmed</s:decision>
      <s:remark><xsl:value-of select="w:pickingList"/></s:remark>
    </s:OrderDecided>
  </xsl:template>
</xsl:stylesheet>
