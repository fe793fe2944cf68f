"""A stylesheet as the vendor's mapper and its integration packs write one, unchanged."""

from pathlib import Path

from lxml import etree

from jmswrap.transform import properties
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.resources import Resources

JAVA = "http://www.oracle.com/XSL/Transform/java/"
MAIN = f"""<?xml version="1.0" encoding="UTF-8" ?>
<?oracle-xsl-mapper
  <!-- SPECIFICATION OF MAP SOURCES AND TARGETS, DO NOT MODIFY. -->
  <mapSources><source type="WSDL"><schema location="../Source.wsdl"/></source></mapSources>
?>
<xsl:stylesheet version="1.0"
    xmlns:xp20="{JAVA}oracle.tip.pc.services.functions.Xpath20"
    xmlns:oraxsl="http://www.oracle.com/XSL/Transform/java"
    xmlns:mhdr="{JAVA}oracle.tip.mediator.service.common.functions.MediatorExtnFunction"
    xmlns:bpws="http://schemas.xmlsoap.org/ws/2003/03/business-process/"
    xmlns:oraext="{JAVA}oracle.tip.pc.services.functions.ExtFunc"
    xmlns:dvm="{JAVA}oracle.tip.dvm.LookupValue"
    xmlns:hwf="http://xmlns.oracle.com/bpel/workflow/xpath"
    xmlns:ora="http://schemas.oracle.com/xpath/extension"
    xmlns:socket="{JAVA}oracle.tip.adapter.socket.ProtocolTranslator"
    xmlns:aia="{JAVA}oracle.apps.aia.core.xpath.AIAFunctions"
    xmlns:oracle-xsl-mapper="http://www.oracle.com/xsl/mapper/schemas"
    xmlns:ns0="urn:source" xmlns:tns="urn:target"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    exclude-result-prefixes="xsi xsl ns0 tns xp20 oraxsl mhdr bpws oraext dvm hwf ora socket aia oracle-xsl-mapper">
  <xsl:import href="../common/Header.xsl"/>
  <oracle-xsl-mapper:schema>
    <oracle-xsl-mapper:mapSources><oracle-xsl-mapper:source type="XSD"/></oracle-xsl-mapper:mapSources>
  </oracle-xsl-mapper:schema>
  <xsl:include href="oramds:/apps/AIAMetaData/custom/Custom.xsl"/>
  <xsl:param name="JMSCorrelationID"/>
  <xsl:variable name="strict" select="aia:getServiceProperty('Sync', 'Strict', 'false')"/>
  <xsl:template match="/">
    <tns:sync>
      <xsl:call-template name="header"/>
      <xsl:for-each select="/ns0:sync/ns0:item">
        <tns:item>
          <xsl:attribute name="kind">
            <xsl:value-of select='dvm:lookupValue("../dvm/Kind.dvm","OUCCB2_Kind",@kind,"OUMDM2_Kind","")'/>
          </xsl:attribute>
          <xsl:if test="not(@removed = 'true' or @removed = 1)">
            <tns:name><xsl:value-of select="oraext:upper-case(ns0:name)"/></tns:name>
          </xsl:if>
          <xsl:copy-of select="ora:processXSLT('part.xsl', ns0:part)"/>
        </tns:item>
      </xsl:for-each>
      <xsl:apply-templates select="/ns0:sync" mode="custom"/>
      <xsl:if test="$strict != 'true'"><tns:made><xsl:value-of select="xp20:current-dateTime()"/></tns:made></xsl:if>
    </tns:sync>
  </xsl:template>
</xsl:stylesheet>
"""
HEADER = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:tns="urn:target">
  <xsl:import href="inner/Names.xsl"/>
  <xsl:template name="header"><tns:id><xsl:call-template name="id"/></tns:id></xsl:template>
</xsl:stylesheet>"""
NAMES = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:param name="JMSCorrelationID"/>
  <xsl:template name="id"><xsl:value-of select="$JMSCorrelationID"/></xsl:template>
</xsl:stylesheet>"""
CUSTOM = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:tns="urn:target">
  <xsl:template match="*" mode="custom"><tns:custom/></xsl:template>
</xsl:stylesheet>"""
PART = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:p="urn:source">
  <xsl:template match="/p:part"><part><xsl:value-of select="."/></part></xsl:template>
</xsl:stylesheet>"""
KIND = """<dvm name="Kind" xmlns="http://xmlns.oracle.com/dvm"><columns><column name="OUCCB2_Kind"/>
<column name="OUMDM2_Kind"/></columns><rows><row><cell>E</cell><cell>ELEC</cell></row></rows></dvm>"""
SOURCE = b"""<s:sync xmlns:s="urn:source"><s:item kind="E"><s:name>one</s:name><s:part>7</s:part></s:item>
<s:item kind="?" removed="1"><s:name>two</s:name><s:part>8</s:part></s:item></s:sync>"""


def test_what_the_vendors_tools_write_runs_as_it_is(tmp_path: Path) -> None:
    files = {
        "xsl/Main.xsl": MAIN,
        "xsl/part.xsl": PART,
        "common/Header.xsl": HEADER,
        "common/inner/Names.xsl": NAMES,
        "mds/custom/Custom.xsl": CUSTOM,
        "dvm/Kind.dvm": KIND,
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    library = Library(Resources(tmp_path, "mds"), properties.Properties())
    made = etree.fromstring(library.compiled(tmp_path / "xsl/Main.xsl")(SOURCE, {"JMSCorrelationID": "c1"}))
    names = {"t": "urn:target"}
    assert made.xpath("string(t:id)", namespaces=names) == "c1"
    assert made.xpath("t:item/@kind", namespaces=names) == ["ELEC", ""]
    assert made.xpath("t:item/t:name/text()", namespaces=names) == ["ONE"]
    assert made.xpath("t:item/part/text()", namespaces=names) == ["7", "8"]
    assert made.xpath("count(t:custom) = 1 and string(t:made)", namespaces=names)
