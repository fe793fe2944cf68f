<?xml version="1.0" encoding="UTF-8"?>
<!-- CCB's sendDetails to MDM's D1-SyncRequestInbound. The header mapping is the vendor's published one (Appendix A of
     the implementation guide); the person payload is jmswrap's own design. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:c="urn:jmswrap:ccb-mdm:ccb:person-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound" exclude-result-prefixes="c">
  <xsl:output method="xml" encoding="UTF-8"/>

  <xsl:template match="/c:sendDetails">
    <D1-SyncRequestInbound>
      <externalReferenceId><xsl:value-of select="c:syncRequestId"/></externalReferenceId>
      <externalSystem><xsl:value-of select="c:sourceSystem"/></externalSystem>
      <xsl:if test="c:initialLoad">
        <initialLoad><xsl:value-of select="c:initialLoad"/></initialLoad>
      </xsl:if>
      <targetMo><xsl:apply-templates select="c:mo"/></targetMo>
      <xsl:for-each select="c:pkValue1 | c:pkValue2 | c:pkValue3 | c:pkValue4 | c:pkValue5">
        <xsl:element name="externalPkValue{substring-after(local-name(), 'pkValue')}"
                     namespace="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound">
          <xsl:value-of select="."/>
        </xsl:element>
      </xsl:for-each>
      <xsl:apply-templates select="c:person"/>
    </D1-SyncRequestInbound>
  </xsl:template>

  <!-- The row of the maintenance-object value map that this process needs; other values pass through unchanged, as
       they do in the vendor's map when its ThrowException flag is false. -->
  <xsl:template match="c:mo[. = 'PERSON']">D1-CONTACT</xsl:template>

  <xsl:template match="c:person">
    <contact>
      <contactType>
        <xsl:choose>
          <xsl:when test="c:personOrBusiness = 'B'">D1-Business</xsl:when>
          <xsl:otherwise>D1-Person</xsl:otherwise>
        </xsl:choose>
      </contactType>
      <xsl:for-each select="c:name">
        <name>
          <nameType><xsl:value-of select="c:nameType"/></nameType>
          <entityName><xsl:value-of select="c:entityName"/></entityName>
          <primary><xsl:value-of select="c:isPrimary"/></primary>
        </name>
      </xsl:for-each>
      <xsl:for-each select="c:identifier">
        <identifier>
          <identifierType><xsl:value-of select="c:idType"/></identifierType>
          <identifierValue><xsl:value-of select="c:idNumber"/></identifierValue>
        </identifier>
      </xsl:for-each>
      <xsl:for-each select="c:phone">
        <phone>
          <phoneType><xsl:value-of select="c:phoneType"/></phoneType>
          <phoneNumber><xsl:value-of select="c:phoneNumber"/></phoneNumber>
        </phone>
      </xsl:for-each>
      <xsl:if test="c:email">
        <emailAddress><xsl:value-of select="c:email"/></emailAddress>
      </xsl:if>
      <xsl:if test="c:address">
        <address>
          <xsl:for-each select="c:address/*">
            <xsl:element name="{local-name()}" namespace="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound">
              <xsl:value-of select="."/>
            </xsl:element>
          </xsl:for-each>
        </address>
      </xsl:if>
    </contact>
  </xsl:template>
</xsl:stylesheet>
