<?xml version="1.0" encoding="UTF-8"?>
<!-- Yours to edit: what fills MDM's customElements in the Dynamic Option Event Sync. As it comes, what CCB put into a
     slot goes through unchanged. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:event="urn:jmswrap:ccb-mdm:ccb:dynamic-option-event-sync:1"
                xmlns="http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound"
                exclude-result-prefixes="event">
  <xsl:template match="event:sendDetails/event:customElements |
                       event:contractOptionEvent/event:customElements">
    <customElements><xsl:copy-of select="*"/></customElements>
  </xsl:template>
</xsl:stylesheet>
