<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:xp20="http://www.oracle.com/XSL/Transform/java/oracle.tip.pc.services.functions.Xpath20">
  <xsl:template match="/"><xsl:for-each-group select="*" group-by="xp20:upper-case(name())"/></xsl:template>
</xsl:stylesheet>
