<?xml version="1.0" encoding="UTF-8"?>
<!-- What the stylesheets of all processes share. The one that imports this says in $service which process it is, by
     the name that ConfigurationProperties.xml has for it. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:aia="http://www.oracle.com/XSL/Transform/java/oracle.apps.aia.core.xpath.AIAFunctions"
                xmlns:dvm="http://www.oracle.com/XSL/Transform/java/oracle.tip.dvm.LookupValue"
                xmlns:exsl="http://exslt.org/common"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="aia dvm exsl">
  <xsl:output method="xml" encoding="UTF-8"/>

  <!-- Where the value maps are: the vendor's place in the metadata store, which is this integration's folder. -->
  <xsl:variable name="maps">oramds:/apps/CCB2-MDM2/AIAMetaData/dvm/</xsl:variable>

  <!-- The vendor's extension points around a transform, switched on by its flags. Here an extension is a template of
       mode "pre-transform" or "post-transform" for the document node, in the custom stylesheet of the process. -->
  <xsl:template match="/">
    <xsl:variable name="requested" select="starts-with($service, 'OUCCB2')"/>
    <xsl:variable name="pre">
      <xsl:choose>
        <xsl:when test="$requested">Extension.PreXformCCB2toMDM2</xsl:when>
        <xsl:otherwise>Extension.PreXformMDM2toCCB2</xsl:otherwise>
      </xsl:choose>
    </xsl:variable>
    <xsl:variable name="post">
      <xsl:choose>
        <xsl:when test="$requested">Extension.PostXformToMDM2</xsl:when>
        <xsl:otherwise>Extension.PostXformtoCCB2</xsl:otherwise>
      </xsl:choose>
    </xsl:variable>
    <!-- As the other switches, in letters of either case. -->
    <xsl:variable name="before" select="translate(aia:getServiceProperty($service, $pre, false()), 'TRUE', 'true')"/>
    <xsl:variable name="after" select="translate(aia:getServiceProperty($service, $post, false()), 'TRUE', 'true')"/>
    <xsl:choose>
      <xsl:when test="$before = 'true'">
        <xsl:variable name="prepared"><xsl:apply-templates select="." mode="pre-transform"/></xsl:variable>
        <xsl:call-template name="transformed">
          <xsl:with-param name="source" select="exsl:node-set($prepared)/*"/>
          <xsl:with-param name="post" select="$after = 'true'"/>
        </xsl:call-template>
      </xsl:when>
      <xsl:otherwise>
        <xsl:call-template name="transformed">
          <xsl:with-param name="source" select="*"/>
          <xsl:with-param name="post" select="$after = 'true'"/>
        </xsl:call-template>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="transformed">
    <xsl:param name="source"/>
    <xsl:param name="post"/>
    <xsl:choose>
      <xsl:when test="$post">
        <xsl:variable name="made"><xsl:apply-templates select="$source"/></xsl:variable>
        <xsl:apply-templates select="exsl:node-set($made)" mode="post-transform"/>
      </xsl:when>
      <xsl:otherwise><xsl:apply-templates select="$source"/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="/" mode="pre-transform"><xsl:copy-of select="*"/></xsl:template>
  <xsl:template match="/" mode="post-transform"><xsl:copy-of select="*"/></xsl:template>

  <!-- The system that a message comes from: what it says, else the process's default. -->
  <xsl:template name="system">
    <xsl:param name="said" select="/.."/>
    <xsl:choose>
      <xsl:when test="$said"><xsl:value-of select="$said"/></xsl:when>
      <xsl:otherwise>
        <xsl:value-of select="aia:getServiceProperty($service, 'Default.SystemID', true())"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- CCB's header block to MDM's, as the vendor publishes it for a person. By local names, because each process has
       a namespace of its own. What is not here (bo, boStatus, the times, version, the reasons) is not mapped. -->
  <xsl:template name="sync-header">
    <externalReferenceId><xsl:value-of select="*[local-name() = 'syncRequestId']"/></externalReferenceId>
    <externalSystem>
      <xsl:call-template name="system">
        <xsl:with-param name="said" select="*[local-name() = 'sourceSystem']"/>
      </xsl:call-template>
    </externalSystem>
    <xsl:for-each select="*[local-name() = 'initialLoad']">
      <initialLoad><xsl:value-of select="."/></initialLoad>
    </xsl:for-each>
    <targetMo>
      <xsl:for-each select="*[local-name() = 'mo']">
        <xsl:value-of select="dvm:lookupValue(concat($maps, 'OUCCB2_OUMDM2_MO.dvm'), 'OUCCB2_MO', ., 'OUMDM2_MO', .)"/>
      </xsl:for-each>
    </targetMo>
    <xsl:for-each select="*[starts-with(local-name(), 'pkValue')]">
      <xsl:element name="externalPkValue{substring-after(local-name(), 'pkValue')}"
                   namespace="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound">
        <xsl:value-of select="."/>
      </xsl:element>
    </xsl:for-each>
  </xsl:template>
</xsl:stylesheet>
