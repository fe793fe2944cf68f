"""``lint`` finds what tools refuse, where it stands; what is published has none of it."""

import csv
from pathlib import Path

import pytest

from jmswrap.contract.lint import RULES, lint
from jmswrap.contract.lint_nouns import REFUSED
from jmswrap.contract.wellknown import catalog
from jmswrap.contract.wrap import wrap
from jmswrap.errors import ContractError

ROOT = Path(__file__).parents[3]
KIT = next((p / "shared" / "kit" / "wsdls" for p in ROOT.parents if (p / "shared" / "kit" / "wsdls").is_dir()), None)
_ORDERS = "orders.wsdl"
_CHANGES = {
    "rpc-style": ("<soap:binding transport", '<soap:binding style="rpc" transport'),
    "encoded-use": ('<soap:body use="literal" parts="parameters"/>', '<soap:body use="encoded" parts="parameters"/>'),
    "case-only": ('<operation name="Forget">', '<operation name="placeOrder">'),
    "overloaded": ('<operation name="Forget">', '<operation name="PlaceOrder">'),
    "transport": ("http://schemas.xmlsoap.org/soap/http", "http://schemas.xmlsoap.org/soap/smtp"),
    "dangling-header": ('message="tns:Headers"', 'message="tns:Nowhere"'),
    "import-of-nothing": ('<xs:element name="Problem"', '<xs:import namespace="urn:gone"/><xs:element name="Problem"'),
    "missing-import": ('name="Problem" type="xs:string"', 'name="Problem" type="g:T" xmlns:g="urn:gone"'),
    "header-use": ('part="ticket" use="literal"', 'part="ticket" use="encoded"'),
    "policy": ("<types>", '<p:Policy xmlns:p="http://www.w3.org/ns/ws-policy"><x xmlns="urn:x"/></p:Policy><types>'),
    "xml-attribute-twice": (
        '<xs:element name="Ticket" type="xs:string"/>',
        '<xs:import namespace="http://www.w3.org/XML/1998/namespace"/><xs:element name="Ticket"><xs:complexType>'
        '<xs:attribute ref="xml:lang"/><xs:attributeGroup ref="tns:G"/></xs:complexType></xs:element>'
        '<xs:attributeGroup name="G"><xs:attribute ref="xml:lang"/></xs:attributeGroup>',
    ),
}


def published() -> list[Path]:
    return sorted((ROOT / "wsdl").rglob("*.wsdl"))


@pytest.mark.parametrize("rule", _CHANGES)
def test_a_rule_finds_what_breaks_it_with_the_line(wsdls: Path, tmp_path: Path, rule: str) -> None:
    before, after = _CHANGES[rule]
    text = (wsdls / _ORDERS).read_text()
    assert before in text
    changed = tmp_path / "changed.wsdl"
    changed.write_text(text.replace(before, after, -1 if rule in ("case-only", "overloaded") else 1))
    found = [f for f in lint(str(changed)) if f.rule == rule]
    assert found, [str(f) for f in lint(str(changed))]
    assert all(f.place.startswith(f"{changed}:") for f in found)
    if rule in ("encoded-use", "dangling-header", "header-use", "import-of-nothing"):
        assert after in changed.read_text().splitlines()[int(found[0].place.rpartition(":")[2]) - 1]


@pytest.mark.parametrize(
    ("file", "rules"),
    [
        ("rpc-many.wsdl", {"rpc-style", "encoded-use", "encoded-array"}),
        ("bodies.wsdl", {"case-only", "several-parts", "backward", "policy"}),
        ("typed-part.wsdl", {"wrong-parts"}),
        ("orders.wsdl", {"http-binding"}),
        ("unknown-type.wsdl", {"schema-compiles"}),
    ],
)
def test_the_rules_a_wsdl_breaks_are_named(wsdls: Path, file: str, rules: set[str]) -> None:
    assert rules <= {f.rule for f in lint(str(wsdls / file))}


def test_a_name_of_the_own_namespace_in_a_schema_that_is_not_included_is_found(tmp_path: Path, wsdls: Path) -> None:
    schema = (
        '<xs:schema targetNamespace="urn:test:orders"><xs:simpleType name="Word">'
        '<xs:restriction base="xs:string"/></xs:simpleType></xs:schema></types>'
    )
    text = (wsdls / _ORDERS).read_text().replace("</types>", schema)
    (tmp_path / "spread.wsdl").write_text(text.replace('name="Trace" type="xs:string"', 'name="Trace" type="tns:Word"'))
    assert "spread-namespace" in {f.rule for f in lint(str(tmp_path / "spread.wsdl"))}


def test_a_service_before_its_port_type_is_found(tmp_path: Path, wsdls: Path) -> None:
    text = (wsdls / "rpc.wsdl").read_text()
    service = text[text.index("  <service") : text.index("</definitions>")]
    (tmp_path / "early.wsdl").write_text(text.replace(service, "").replace("  <message", service + "  <message", 1))
    found = [f for f in lint(str(tmp_path / "early.wsdl")) if f.rule == "order"]
    assert [f.tools for f in found] == ["SAP"]


def test_every_rule_says_who_minds_and_why() -> None:
    assert len({r.name for r in RULES}) == len(RULES)
    assert all(r.tools and r.reason for r in RULES)


def test_what_is_no_wsdl_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContractError):
        lint(str(tmp_path / "nowhere.wsdl"))


@pytest.mark.parametrize("wsdl", published(), ids=lambda path: path.name)
def test_a_shipped_wsdl_has_nothing_that_a_tool_refuses(wsdl: Path) -> None:
    assert [str(f) for f in lint(str(wsdl)) if f.severity == REFUSED] == []


@pytest.mark.kit
@pytest.mark.skipif(KIT is None, reason="the kit is not beside the checkout")
def test_nothing_that_is_derived_from_the_kit_is_refused_by_a_tool(tmp_path: Path) -> None:
    assert KIT is not None
    known = catalog(KIT / "_wellknown" / "catalog.tsv")
    with (KIT / "INDEX.tsv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    clean = 0
    for number, row in enumerate(rows):
        try:
            made = wrap(str(KIT / row["wsdl"]), tmp_path / str(number), catalog=known)
        except ContractError:
            continue
        for front in (made.folder / "wsdl").glob("*.wsdl"):
            assert [str(f) for f in lint(str(front)) if f.severity == REFUSED] == [], row["wsdl"]
        clean += 1
    assert clean >= 0.95 * len(rows)


@pytest.mark.parametrize("style", ["receipt", "empty", "sync", "hybrid"])
def test_nothing_that_is_published_is_refused_by_a_tool_whatever_it_answers(
    wsdls: Path, tmp_path: Path, style: str
) -> None:
    for number, file in enumerate((wsdls / "rpc-typed.wsdl", wsdls / "spread" / "service.wsdl")):
        made = wrap(str(file), tmp_path / str(number), answer=style)
        (front,) = (made.folder / "wsdl").glob("*.wsdl")
        assert [str(f) for f in lint(str(front)) if f.severity == REFUSED] == []
