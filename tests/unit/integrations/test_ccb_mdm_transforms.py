"""Every stylesheet of the CCB-MDM integration makes what its golden file says, valid on both sides.

A pair in tests/data/ccb_mdm is STYLESHEET[.CASE].in.xml and .out.xml; run with JMSWRAP_GOLDEN=write to make
the latter anew, and read what changed.
"""

import os
import re
import shutil
from pathlib import Path

import pytest
from lxml import etree

from jmswrap.app.integration import load
from jmswrap.app.transforms import library
from jmswrap.deliver.refusal import NAMESPACE as REFUSAL
from jmswrap.errors import ValueNotMapped
from jmswrap.transform.oracle.library import Library

CCB_MDM = Path(__file__).parents[3] / "jmswrap" / "integrations" / "ccb_mdm"
GOLDEN = Path(__file__).parents[2] / "data" / "ccb_mdm"
CASES = sorted(path.name.removesuffix(".in.xml") for path in GOLDEN.glob("*.in.xml"))
SHARED = {"common", "errors", "sync-response", "usage-request", "usage-response"}
"""Stylesheets that others import."""
D1 = "{http://ouaf.oracle.com/webservices/d1/D1-SyncRequestInbound}D1-SyncRequestInbound"


@pytest.fixture(scope="module")
def functions() -> Library:
    return library(load(CCB_MDM).config, CCB_MDM)


def assert_valid(document: etree._Element, stylesheet: str, schemas: dict[str, list[etree.XMLSchema]]) -> None:
    if document.tag == D1:
        path = CCB_MDM / "wsdl" / "mdm" / f"{stylesheet.removesuffix('-request')}.xsd"
        etree.XMLSchema(etree.parse(path)).assertValid(document)
    elif document.tag != f"{{{REFUSAL}}}Refusal":
        (schema,) = schemas[str(document.tag)]
        schema.assertValid(document)


@pytest.mark.parametrize("case", CASES)
def test_a_transform_makes_what_its_golden_file_says(
    case: str, functions: Library, schemas: dict[str, list[etree.XMLSchema]]
) -> None:
    stylesheet = case.partition(".")[0]
    given = (GOLDEN / f"{case}.in.xml").read_bytes()
    transform = functions.compiled(CCB_MDM / "transforms" / f"{stylesheet}.xsl")
    made = etree.fromstring(transform(given), etree.XMLParser(remove_blank_text=True))
    etree.indent(made)
    text = etree.tostring(made, encoding="unicode") + "\n"
    file = GOLDEN / f"{case}.out.xml"
    if os.environ.get("JMSWRAP_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    assert_valid(etree.fromstring(given), stylesheet, schemas)
    assert_valid(made, stylesheet, schemas)


def test_every_stylesheet_has_a_golden_file() -> None:
    there = {path.stem for path in (CCB_MDM / "transforms").glob("*.xsl")}
    tried = {case.partition(".")[0] for case in CASES}
    assert tried == {name for name in there if name not in SHARED and not name.endswith("-payload")}


NOT_MAPPED = {
    # The vendor's table says so of the header block and of the usage request.
    "bo", "boStatus", "createDateTime", "statusDateTime", "version", "syncRequired", "forceSync", "discardReason",
    "cancelReason",
    # The other half of the key of a value map.
    "cisDivision",
    # An answer's own identity and order; its code and its outcome become CCB's.
    "externalSystem", "externalPkValue1", "syncRequestId", "outcome", "messageCategory", "messageNumber",
}  # fmt: skip
"""What a transform leaves out or turns into something else."""


def leaves(file: Path) -> list[tuple[str, str]]:
    found = etree.parse(file).getroot().iter(etree.Element)
    return [(etree.QName(one).localname, (one.text or "").strip()) for one in found if not len(one)]


@pytest.mark.parametrize("case", [case for case in CASES if "refusal" not in case])
def test_a_transform_drops_nothing_that_it_is_not_known_to_drop(case: str) -> None:
    translated: dict[str, set[str]] = {}
    for file in (CCB_MDM / "dvm").glob("*.dvm"):
        for row in etree.parse(file).iterfind(".//{*}row"):
            cells = {cell for one in row.iterfind("{*}cell") for cell in (one.text or "").split("!")}
            for cell in cells:
                translated.setdefault(cell, set()).update(cells)
    made = {value for _, value in leaves(GOLDEN / f"{case}.out.xml")}
    dropped = {
        name
        for name, value in leaves(GOLDEN / f"{case}.in.xml")
        if name not in NOT_MAPPED and not ({value, *translated.get(value, ())} & made)
    }
    assert dropped == set()


ALIKE = [
    # An object's key stands in the header and in the object; a period begins where another ends.
    {"pkValue1", "meterConfigurationId"}, {"pkValue1", "meterId"}, {"pkValue1", "spMeterHistoryId"},
    {"startDate", "endDate"},
]  # fmt: skip
"""Fields that say the same by their nature."""


@pytest.mark.parametrize("case", [case for case in CASES if "refusal" not in case])
def test_no_two_fields_of_a_golden_message_have_one_value_so_that_none_can_stand_for_another(case: str) -> None:
    names: dict[str, set[str]] = {}
    for name, value in leaves(GOLDEN / f"{case}.in.xml"):
        if name not in NOT_MAPPED and value not in ("true", "false"):
            names.setdefault(value, set()).add(name)
    assert [alike for alike in names.values() if len(alike) > 1 and alike not in ALIKE] == []


def values(case: str, side: str) -> set[str]:
    return {value for _, value in leaves(GOLDEN / f"{case}.{side}.xml")}


@pytest.mark.parametrize("file", sorted((CCB_MDM / "dvm").glob("*.dvm")), ids=lambda file: file.stem)
def test_every_value_map_is_seen_to_change_a_value_in_a_golden_file(file: Path) -> None:
    changed = []
    for row in etree.parse(file).iterfind(".//{*}row"):
        cells = [str(cell.text) for cell in row.iterfind("{*}cell")]
        # Errors come from MDM, though the name of their map begins with CCB.
        source, target = reversed(cells) if "ErrorCode" in file.stem else cells
        asked, answer = set(source.split("!")), set(target.split("!"))
        fits = (asked <= values(case, "in") and answer <= values(case, "out") for case in CASES)
        changed += [cells] if asked != answer and any(fits) else []
    assert changed


FULL = {path.stem: path for path in sorted((CCB_MDM / "wsdl").glob("*/*.xsd")) if path.parent.name == "ccb"}


@pytest.mark.parametrize("case", [case for case in CASES if case.endswith("-request") and "." not in case])
def test_a_golden_request_has_every_field_of_its_contract(case: str) -> None:
    xsd = FULL.get(case.removesuffix("-request"))
    if xsd is None or case.startswith("replacement"):
        xsd = CCB_MDM / "wsdl" / "mdm" / "replacement-reads.xsd"
    declared = etree.parse(xsd).iter("{http://www.w3.org/2001/XMLSchema}element")
    fields = {str(one.get("name")) for one in declared if one.get("name")}
    there = {etree.QName(one).localname for one in etree.parse(GOLDEN / f"{case}.in.xml").iter(etree.Element)}
    assert fields - there == set()


PERSON = CCB_MDM / "samples" / "01-person-request.xml"


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(CCB_MDM, folder / "ccb_mdm", symlinks=False))


def person_request(folder: Path, given: bytes) -> etree._Element:
    transform = library(load(folder).config, folder).compiled(folder / "transforms" / "person-request.xsl")
    return etree.fromstring(transform(given))


def set_property(folder: Path, service: str, name: str, value: str) -> None:
    file = folder / "config" / "ConfigurationProperties.xml"
    tree = etree.parse(file)
    (found,) = tree.xpath(
        "//*[@serviceName = $service or (not($service) and @moduleName)]/*[@name = $name]", service=service, name=name
    )
    found.text = value
    tree.write(file)


def test_a_message_that_names_no_system_gets_the_default_of_its_process(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    set_property(folder, "OUCCB2OUMDM2PersonSyncReqEBF", "Default.SystemID", "OU_CCB2_07")
    given = PERSON.read_bytes().replace(b"<sourceSystem>OU_CCB2_01</sourceSystem>", b"")
    assert person_request(folder, given).findtext("{*}externalSystem") == "OU_CCB2_07"


def test_a_value_without_a_row_passes_through_until_its_map_is_told_to_be_strict(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    given = PERSON.read_bytes().replace(b">USA<", b">CHE<")
    assert person_request(folder, given).findtext(".//{*}country") == "CHE"
    set_property(folder, "", "DVM.OUCCB2_OUMDM2_Country.ThrowException", "true")
    with pytest.raises(ValueNotMapped, match="OUCCB2_OUMDM2_Country"):
        person_request(folder, given)


@pytest.mark.parametrize("cell", ["", "90000-202", "90000!", "A!B"])
def test_an_error_whose_row_holds_no_code_is_answered_with_the_generic_one(tmp_path: Path, cell: str) -> None:
    folder = copied(tmp_path)
    file = folder / "dvm" / "OUCCB2_OUMDM2_ErrorCode.dvm"
    file.write_text(file.read_text().replace("<cell>90000!202</cell>", f"<cell>{cell}</cell>"))
    transform = library(load(folder).config, folder).compiled(folder / "transforms" / "sync-refusal.xsl")
    made = etree.fromstring(transform((GOLDEN / "sync-refusal.mapped-error.in.xml").read_bytes()))
    assert [made.findtext("{*}messageCategory"), made.findtext("{*}messageNumber")] == ["11017", "11001"]


EXTENSION = """<xsl:template match="/" mode="{mode}-transform">
  <xsl:apply-templates select="*" mode="changed"/>
</xsl:template>
<xsl:template match="@* | node()" mode="changed">
  <xsl:copy><xsl:apply-templates select="@* | node()" mode="changed"/></xsl:copy>
</xsl:template>
<xsl:template match="*[local-name() = '{element}']/text()" mode="changed">changed</xsl:template>
</xsl:stylesheet>"""


@pytest.mark.parametrize(
    ("mode", "flag", "element"),
    [("pre", "Extension.PreXformCCB2toMDM2", "city"), ("post", "Extension.PostXformToMDM2", "city")],
)
def test_an_extension_is_used_once_its_flag_is_true(tmp_path: Path, mode: str, flag: str, element: str) -> None:
    folder = copied(tmp_path)
    custom = folder / "transforms" / "custom" / "person-request.xsl"
    custom.write_text(custom.read_text().replace("</xsl:stylesheet>", EXTENSION.format(mode=mode, element=element)))
    assert person_request(folder, PERSON.read_bytes()).findtext(".//{*}city") == "Springfield"
    set_property(folder, "OUCCB2OUMDM2PersonSyncReqEBF", flag, "True")
    made = person_request(folder, PERSON.read_bytes())
    assert (made.findtext(".//{*}city"), made.findtext("{*}targetMo")) == ("changed", "D1-CONTACT")


BOTH = """<xsl:template match="/" mode="pre-transform"><xsl:apply-templates select="*" mode="before"/></xsl:template>
<xsl:template match="@* | node()" mode="before">
  <xsl:copy><xsl:apply-templates select="@* | node()" mode="before"/></xsl:copy>
</xsl:template>
<xsl:template match="/*/*[not(*)]/text()" mode="before">before</xsl:template>
<xsl:template match="/" mode="post-transform"><after xmlns=""><xsl:copy-of select="*"/></after></xsl:template>
</xsl:stylesheet>"""


def test_the_transform_of_every_leg_has_both_extension_points(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    flags = folder / "config" / "ConfigurationProperties.xml"
    flags.write_text(re.sub(r'(name="Extension\.\w+">)false', r"\1true", flags.read_text()))
    legs = sorted((folder / "transforms" / "custom").glob("*.xsl"))
    for custom in legs:
        custom.write_text(custom.read_text().replace("</xsl:stylesheet>", BOTH))
    functions = library(load(folder).config, folder)
    for custom in legs:
        transform = functions.compiled(folder / "transforms" / custom.name)
        made = etree.fromstring(transform((GOLDEN / f"{custom.stem}.in.xml").read_bytes()))
        assert (made.tag, "before" in made.xpath("./*/*/text()")) == ("after", True), custom.name
    assert len(legs) == 27
