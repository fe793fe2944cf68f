"""A pinned contract is whole, local and the same every time; nothing foreign is fetched."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from jmswrap.contract.bundle import pin, pinned
from jmswrap.contract.calling import zeep_refusal
from jmswrap.contract.reading import read
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.wellknown import catalog
from jmswrap.errors import ContractError

Offer = Callable[[Callable[[str], bytes | str | None]], str]


def contents(folder: Path) -> dict[str, bytes]:
    return {f.name: f.read_bytes() for f in folder.iterdir()}


def test_a_spread_contract_becomes_one_flat_folder(wsdls: Path, tmp_path: Path) -> None:
    wsdl = pin(str(wsdls / "spread" / "service.wsdl"), tmp_path)
    assert wsdl == tmp_path / "service.wsdl"
    assert sorted(contents(tmp_path)) == [
        "abstract.wsdl",
        "identity.xsd",
        "meters.xsd",
        "service.wsdl",
        "units.xsd",
        "xml.xsd",
    ]
    said = b"".join(contents(tmp_path).values()).decode()
    assert set(re.findall(r'(?:schemaLocation|[^:]location)="([^"]*)"', said)) - set(contents(tmp_path)) == {
        "http://partner.example/meters"
    }
    Schemas.of(wsdl)
    assert read(wsdl).port().operations.keys() == {"ReadMeter"}


def test_the_same_contract_gives_the_same_bytes_again_and_from_its_copy(wsdls: Path, tmp_path: Path) -> None:
    source = str(wsdls / "spread" / "service.wsdl")
    first = pin(source, tmp_path / "1")
    pin(source, tmp_path / "2")
    pin(str(first), tmp_path / "3")
    assert contents(tmp_path / "1") == contents(tmp_path / "2") == contents(tmp_path / "3")


def test_an_address_is_fetched_with_what_it_names_on_its_host(wsdls: Path, tmp_path: Path, offer: Offer) -> None:
    folder = wsdls / "spread"
    pages = {
        "/meters?wsdl": (folder / "service.wsdl").read_bytes().replace(b'"abstract.wsdl"', b'"/meters?wsdl=abstract"'),
        "/meters?wsdl=abstract": (folder / "abstract.wsdl").read_bytes().replace(b"service.wsdl", b"/meters?wsdl"),
        **{f"/common/{f.name}": f.read_bytes() for f in (folder / "common").iterdir()},
    }
    wsdl = pin(offer(pages.get) + "/meters?wsdl", tmp_path)
    assert wsdl.name == "meters.wsdl"
    assert sorted(contents(tmp_path)) == [
        "identity.xsd",
        "meters-wsdl-abstract.wsdl",
        "meters.wsdl",
        "meters.xsd",
        "units.xsd",
        "xml.xsd",
    ]
    Schemas.of(wsdl)


def test_a_file_of_this_machine_is_never_read_for_a_document(wsdls: Path, tmp_path: Path, offer: Offer) -> None:
    hostile = (wsdls / "hostile.wsdl").read_bytes()
    address = offer(lambda path: hostile) + "/hostile.wsdl"
    for source in (address, str(wsdls / "hostile.wsdl")):
        with pytest.raises(ContractError, match=r"hostile\.wsdl:8: file:///etc/passwd is not read, only relative"):
            pin(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_host_is_not_asked_unless_it_is_allowed(wsdls: Path, tmp_path: Path, offer: Offer) -> None:
    xsd = b'<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:test:far"/>'
    far = offer({"/far.xsd": xsd}.get)
    wsdl = tmp_path / "near.wsdl"
    wsdl.write_text((wsdls / "foreign.wsdl").read_text().replace("http://far.example", far))
    with pytest.raises(ContractError, match=rf"near\.wsdl:8: {far}/far.xsd is on a host that is not asked"):
        pin(str(wsdl), tmp_path / "refused")
    pin(str(wsdl), tmp_path / "allowed", allow=("127.0.0.1",))
    assert (tmp_path / "allowed" / "far.xsd").exists()


def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path, offer: Offer) -> None:
    address = offer(lambda path: "http://far.example/service.wsdl")
    with pytest.raises(ContractError, match=r"far\.example/service\.wsdl is on a host that is not asked"):
        pin(f"{address}/service.wsdl", tmp_path)


def test_a_catalog_stands_in_for_an_address(wsdls: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.xsd").write_text(
        '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:test:far">'
        '<s:simpleType name="Word"><s:restriction base="s:string"/></s:simpleType></s:schema>'
    )
    (tmp_path / "catalog.tsv").write_text("# ours\nhttp://far.example/far.xsd\tmine.xsd\n")
    wsdl = pin(str(wsdls / "foreign.wsdl"), tmp_path / "out", catalog=catalog(tmp_path / "catalog.tsv"))
    assert Schemas.of(wsdl).describes("{urn:test}Do")


def test_a_folder_of_a_catalog_stands_in_for_all_below_an_address(wsdls: Path, tmp_path: Path) -> None:
    stored = tmp_path / "mds" / "apps" / "far"
    stored.mkdir(parents=True)
    schema = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:far">{}</xs:schema>'
    (stored / "far.xsd").write_text(schema.format('<xs:include schemaLocation="../more.xsd"/>'))
    (stored.parent / "more.xsd").write_text(schema.format('<xs:element name="Thing" type="xs:string"/>'))
    (tmp_path / "catalog.tsv").write_text("oramds:/apps/\tmds/apps/\n")
    text = (wsdls / "foreign.wsdl").read_text()
    (tmp_path / "foreign.wsdl").write_text(text.replace("http://far.example/", "oramds:/apps/far/"))
    with pytest.raises(
        ContractError, match=r"oramds:/apps/far/far\.xsd is not read, .* in a catalogue \(--catalog\)\."
    ):
        pin(str(tmp_path / "foreign.wsdl"), tmp_path / "out")
    pin(str(tmp_path / "foreign.wsdl"), tmp_path / "out", catalog=catalog(tmp_path / "catalog.tsv"))
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"foreign.wsdl", "far.xsd", "more.xsd"}


def test_a_catalog_line_without_a_tab_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalog.tsv").write_text("http://far.example/far.xsd mine.xsd\n")
    with pytest.raises(ContractError, match=r"catalog\.tsv:1 has no tab"):
        catalog(tmp_path / "catalog.tsv")


def test_includes_without_end_are_stopped(tmp_path: Path, offer: Offer) -> None:
    def next_one(path: str) -> bytes:
        number = int(path.rpartition("=")[2] or 0)
        return (
            f'<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"><s:include schemaLocation="/x?n={number + 1}"/>'
            "</s:schema>"
        ).encode()

    with pytest.raises(ContractError, match="looks endless"):
        pin(offer(next_one) + "/x?n=0", tmp_path)


def test_a_missing_document_is_told_with_the_place_that_names_it(tmp_path: Path, wsdls: Path) -> None:
    wsdl = tmp_path / "lonely.wsdl"
    wsdl.write_text((wsdls / "spread" / "service.wsdl").read_text())
    with pytest.raises(ContractError, match=r"lonely\.wsdl:5: .*abstract\.wsdl cannot be read"):
        pin(str(wsdl), tmp_path / "out")


def test_a_schema_is_no_wsdl(wsdls: Path, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"units\.xsd is a schema, not a WSDL"):
        pin(str(wsdls / "spread" / "common" / "units.xsd"), tmp_path)


def test_a_doctype_is_refused(wsdls: Path, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="has a DOCTYPE"):
        pin(str(wsdls / "doctype.wsdl"), tmp_path)


def test_a_dangling_header_is_left_out_so_that_other_tools_can_read_the_rest(wsdls: Path, tmp_path: Path) -> None:
    source = tmp_path / "dangling.wsdl"
    text = (wsdls / "orders.wsdl").read_text()
    source.write_text(text.replace('header message="tns:Headers"', 'header message="tns:Nowhere"'))
    bundle = pinned(str(source), tmp_path / "out")
    assert bundle.warnings == (
        f"{bundle.wsdl}:57: the header message=tns:Nowhere part=ticket is defined nowhere and left out.",
    )
    assert "<!-- left out by jmswrap: header message=tns:Nowhere part=ticket" in bundle.wsdl.read_text()
    assert zeep_refusal(bundle.wsdl) == ""


def test_imports_that_are_missing_or_wrong_are_put_right(wsdls: Path, tmp_path: Path) -> None:
    assert zeep_refusal(wsdls / "sloppy.wsdl") != ""
    bundle = pinned(str(wsdls / "sloppy.wsdl"), tmp_path)
    assert [w.partition(": ")[2] for w in bundle.warnings] == [
        "the import of urn:test:wrong brings urn:test:word; it was put right.",
        "the schema uses http://www.w3.org/XML/1998/namespace without importing it; the import was added.",
    ]
    assert sorted(contents(tmp_path)) == ["sloppy.wsdl", "word.xsd", "xml.xsd"]
    assert zeep_refusal(bundle.wsdl) == ""
    assert pinned(str(bundle.wsdl), tmp_path / "again").warnings == ()


@pytest.mark.parametrize(
    "page", ["<!DOCTYPE html><html><br></html>", "\n<html lang='en'/>", "<?xml version='1.0'?><HTML/>"]
)
def test_a_web_page_is_called_one(tmp_path: Path, page: str) -> None:
    (tmp_path / "page.wsdl").write_text(page)
    with pytest.raises(ContractError, match=r"page\.wsdl is an HTML page, not a WSDL"):
        pin(str(tmp_path / "page.wsdl"), tmp_path / "out")


def test_what_is_no_xml_at_all_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "text.wsdl").write_text("Service is up\nSince Monday")
    with pytest.raises(ContractError, match=r"text\.wsdl is no XML, it says `Service is up`; give the WSDL itself"):
        pin(str(tmp_path / "text.wsdl"), tmp_path / "out")


def test_a_folder_and_an_address_of_another_kind_are_refused_by_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="is a folder; name the file in it"):
        pin(str(tmp_path), tmp_path / "out")
    with pytest.raises(ContractError, match=r"^ftp://x/y\.wsdl is no path and no http\(s\) address"):
        pin("ftp://x/y.wsdl", tmp_path / "out")
