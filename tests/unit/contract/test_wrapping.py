"""A wrapped partner is an integration folder that loads; what cannot be wrapped leaves nothing."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from jmswrap import xml
from jmswrap.app.drift import drifted
from jmswrap.app.examination import check
from jmswrap.app.integration import load as load_integration
from jmswrap.app.republish import republish
from jmswrap.config.load import load
from jmswrap.contract import receipt
from jmswrap.contract.calling import calling_wsdl, zeep_refusal
from jmswrap.contract.choosing import chosen, names, passed_over
from jmswrap.contract.reading import read
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.starting import Front, settings_text
from jmswrap.contract.wrap import wrap
from jmswrap.errors import ConfigError, ContractError


def test_a_wrapped_partner_is_whole_and_its_settings_load(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    assert made.operations == ("PlaceOrder", "Forget")
    assert made.ports == ("OrderService/OrderServiceSoap11", "OrderService/OrderServiceSoap12")
    config, problems = load(made.settings)
    assert problems == []
    assert config is not None
    assert config.services["OrderService"].wsdl == "wsdl/OrderService.wsdl"
    assert (config.partners["OrderService"].wsdl, config.partners["OrderService"].port) == (
        "contracts/orders.wsdl",
        "Soap",
    )
    assert config.routes["OrderService"].source.service == "OrderService"
    assert config.routes["OrderService"].to.partner == "OrderService"


def test_each_operation_gets_a_valid_sample(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    schemas = Schemas.of(made.folder / "wsdl" / "OrderService.wsdl")
    for name in made.operations:
        request = etree.parse(made.folder / "samples" / f"{name}.xml").getroot()
        schemas.validate(request, f"{{urn:test:orders}}{name}")


def test_what_a_person_should_decide_is_said(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    assert made.warnings == (
        "No key: requests are delivered in no particular order; set routes.OrderService.key where order matters.",
        "No id: a request that is sent twice is delivered twice; set routes.OrderService.id to recognise it.",
    )


def test_the_example_of_a_key_is_a_path_into_the_request(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    assert '# key: {xpath: "p:number"}' in made.settings.read_text()


@pytest.mark.parametrize(
    ("request_xml", "key", "identity", "unsaid"),
    [
        ("<a><requestId/><accountId/></a>", "accountId", "requestId", ()),
        ("<a><Header><UserID/><MessageID/></Header><Order><Id/></Order></a>", "Order/Id", "Header/MessageID", ()),
        ("<a><note/><requestId/></a>", "note", "requestId", ("number of such a thing",)),
        ("<a><valid/><orderNumber/></a>", "orderNumber", "orderNumber", ("request's own id",)),
    ],
)
def test_the_examples_of_key_and_id_differ_where_the_names_in_a_contract_do(
    wsdls: Path, request_xml: str, key: str, identity: str, unsaid: tuple[str, ...]
) -> None:
    port = read(wsdls / "orders.wsdl").port()
    text = settings_text("n", [Front("n", port, "a.wsdl", "b.wsdl", {"Place": etree.fromstring(request_xml)})])
    assert f'# key: {{xpath: "{key}"}}' in text
    assert f'# id: {{xpath: "{identity}"}}' in text
    assert [part in text for part in ("number of such a thing", "request's own id")] == [
        part in unsaid for part in ("number of such a thing", "request's own id")
    ]


def test_an_integration_that_is_there_is_not_overwritten_unless_forced(wsdls: Path, tmp_path: Path) -> None:
    wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    settings = tmp_path / "orders" / "jmswrap.yaml"
    settings.write_text("edited")
    with pytest.raises(ConfigError, match=r"jmswrap\.yaml is there already"):
        wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders")
    assert settings.read_text() == "edited"
    made = wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders", force=True)
    assert settings.read_text() != "edited"
    assert settings.with_name("jmswrap.yaml.before").read_text() == "edited"
    assert "put back what you had set" in made.warnings[-1]
    again = wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders", force=True)
    assert again.warnings == made.warnings[:-1]


@pytest.mark.parametrize(
    "file", ["typed-part.wsdl", "doctype.wsdl", "hostile.wsdl", "foreign.wsdl", "unknown-type.wsdl"]
)
def test_a_wsdl_that_cannot_be_wrapped_says_where_and_leaves_nothing(wsdls: Path, tmp_path: Path, file: str) -> None:
    with pytest.raises(ContractError) as caught:
        wrap(str(wsdls / file), tmp_path / "out")
    assert str(caught.value).startswith(str(wsdls / file))
    assert list(tmp_path.iterdir()) == []


def test_wrapping_twice_gives_the_same_bytes(wsdls: Path, tmp_path: Path) -> None:
    folders = [wrap(str(wsdls / "spread" / "service.wsdl"), tmp_path / n).folder for n in ("one", "two")]
    first, second = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*") if p.is_file()} for f in folders)
    assert first == second


def test_a_name_that_yaml_would_misread_is_quoted(wsdls: Path, tmp_path: Path) -> None:
    config, problems = load(wrap(str(wsdls / "orders.wsdl"), tmp_path / "orders", name="Yes").settings)
    assert problems == []
    assert config is not None
    assert config.name == "Yes"


def test_a_partner_whose_schemas_zeep_cannot_read_is_called_by_name_only(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "redefine.wsdl"), tmp_path / "out")
    config, problems = load(made.settings)
    assert problems == []
    assert config is not None
    assert config.partners["Service"].wsdl == "contracts/redefine.calls.wsdl"
    assert "zeep cannot read the schemas of redefine.wsdl (ValueError" in made.warnings[0]
    called = made.folder / "contracts" / "redefine.calls.wsdl"
    assert zeep_refusal(called) == ""
    port = read(called).port()
    assert (port.service, port.name, port.address) == ("Service", "Port", "http://partner.example/do")
    assert [(o.element, o.reply_element) for o in port.usable] == [("{urn:test}Do", "{urn:test}Done")]
    request = etree.parse(made.folder / "samples" / "Do.xml").getroot()
    assert [etree.QName(e).localname for e in request] == ["a", "b"]


@pytest.mark.parametrize("several", [False, True])
def test_what_is_called_by_name_only_is_republished_and_compared_with_its_types(
    wsdls: Path, tmp_path: Path, several: bool
) -> None:
    source = shutil.copytree(wsdls, tmp_path / "wsdls") / "redefine.wsdl"
    if several:
        text = source.read_text()
        again = text[text.index("<service") :].replace('<service name="Service"', '<service name="My.Other"')
        source.write_text(text.replace("</definitions>", again))
    made = wrap(str(source), tmp_path / "out", every=several)
    assert len(made.services) == 1 + several
    before = {file: file.read_bytes() for file in (made.folder / "wsdl").iterdir()}
    republish(made.folder)
    assert {file: file.read_bytes() for file in (made.folder / "wsdl").iterdir()} == before
    narrower = source.with_name("redef.xsd")
    narrower.write_text(narrower.read_text().replace('maxLength value="3"', 'maxLength value="2"'))
    for served in made.services:
        (found,) = drifted(load_integration(made.folder), served.name, str(source))
        assert [one.sentence for one in found.differences] == [
            "in the request, Do/b has maxLength 2 now, not 3",
            "in the reply, Done has maxLength 2 now, not 3",
        ]


@pytest.mark.parametrize("answer", ["receipt", "sync"])
@pytest.mark.parametrize("apart", [False, True])
def test_what_jmswrap_publishes_is_wrapped_like_any_other(
    wsdls: Path, tmp_path: Path, answer: str, apart: bool
) -> None:
    published = wrap(str(wsdls / "orders.wsdl"), tmp_path / "first").folder / "wsdl" / "OrderService.wsdl"
    if apart:
        text = published.read_text()
        assert receipt.SCHEMA in text
        (published.parent / "receipt.xsd").write_text(receipt.SCHEMA)
        imported = f'<xs:import namespace="{receipt.NAMESPACE}" schemaLocation="receipt.xsd"/>'
        published.write_text(text.replace(receipt.SCHEMA, f'<xs:schema xmlns:xs="{xml.XSD}">{imported}</xs:schema>'))
    made = wrap(str(published), tmp_path / "second", answer=answer, every=apart)
    assert check(made.folder) == []
    assert [served.name for served in made.services] == ["OrderService"]
    assert not any("--port" in one for one in made.warnings)
    declared = "".join(file.read_text() for file in (made.folder / "wsdl").iterdir())
    assert declared.count('element name="AcceptResponse"') == declared.count('element name="HybridResponse"') == 1


def test_calls_by_name_keep_headers_actions_and_one_way_operations(wsdls: Path, tmp_path: Path) -> None:
    port = read(wsdls / "orders.wsdl").port()
    called = tmp_path / "calls.wsdl"
    called.write_text(calling_wsdl("urn:test:orders", port))
    again = read(called).port()
    for name, operation in port.operations.items():
        other = again.operations[name]
        assert (other.element, other.reply_element, other.soap_action, other.one_way, other.headers) == (
            operation.element,
            operation.reply_element,
            operation.soap_action,
            operation.one_way,
            operation.headers,
        )
    assert zeep_refusal(called) == ""


def test_a_request_that_no_schema_declares_is_refused(wsdls: Path, tmp_path: Path) -> None:
    wsdl = tmp_path / "undeclared.wsdl"
    wsdl.write_text((wsdls / "rich.wsdl").read_text().replace('element="tns:Do"', 'element="tns:Undeclared"'))
    with pytest.raises(ContractError, match=r"operation Do takes \{urn:test\}Undeclared, which no schema declares"):
        wrap(str(wsdl), tmp_path / "out")


@pytest.fixture
def two(wsdls: Path, tmp_path: Path) -> Path:
    """A WSDL with a port that has one operation of the other's."""
    wsdl = tmp_path / "two.wsdl"
    text = (wsdls / "orders.wsdl").read_text()
    bound = text[text.index('<binding name="Soap12"') : text.index('<binding name="Post"')]
    only_one = bound.replace('"Soap12"', '"Half"').replace(bound[bound.rindex("<operation") :], "</binding>")
    port = (
        '<port name="Half" binding="tns:Half"><soap12:address location="http://partner.example/half"/></port></service>'
    )
    wsdl.write_text(text.replace("<service", only_one + "<service").replace("</service>", port))
    return wsdl


def test_other_ports_are_named(two: Path, tmp_path: Path) -> None:
    told = wrap(str(two), tmp_path / "out").warnings[0]
    assert told == (
        "Only port OrderService/Soap is wrapped; others become services beside it when they are named "
        "(--port OrderService/Soap --port OrderService/Half), all of them by --all."
    )


@pytest.mark.parametrize(
    ("ports", "every", "made"),
    [
        (("OrderService/Half", "Soap"), False, ["OrderService-Half", "OrderService-Soap"]),
        (("Half", "OrderService/Half"), False, ["OrderService"]),
        ((), True, ["OrderService-Soap", "OrderService-Half"]),
    ],
)
def test_several_ports_become_services_of_one_integration(
    two: Path, tmp_path: Path, ports: tuple[str, ...], every: bool, made: list[str]
) -> None:
    wrapped = wrap(str(two), tmp_path / "out", port=ports, every=every)
    assert sorted(served.name for served in wrapped.services) == sorted(made)
    assert wrapped.name == "OrderService"
    assert not any("--port" in warning for warning in wrapped.warnings) or not every
    assert check(wrapped.folder) == []
    config, _ = load(wrapped.settings)
    assert config is not None
    assert list(config.services) == list(config.partners) == list(config.routes) == [s.name for s in wrapped.services]
    if len(made) > 1:
        samples = {"/".join(file.parts[-2:]) for file in wrapped.folder.glob("samples/*/*")}
        whole = {"OrderService-Soap/PlaceOrder.xml", "OrderService-Soap/Forget.xml"}
        assert samples == {*whole, "OrderService-Half/PlaceOrder.xml"}


def changed(two: Path, *changes: tuple[str, str]) -> str:
    """Change the second port's binding."""
    before, binding, after = two.read_text().partition('<binding name="Half"')
    for old, new in changes:
        assert old in after
        after = after.replace(old, new, 1)
    two.write_text(before + binding + after)
    return str(two)


def test_a_port_of_which_nothing_can_be_taken_is_told_when_all_are_wanted(two: Path, tmp_path: Path) -> None:
    made = wrap(changed(two, ('use="literal"', 'use="encoded"')), tmp_path / "out", every=True)
    assert [served.name for served in made.services] == ["OrderService"]
    assert any("Left out: contracts/two.wsdl:" in one and "is document/encoded" in one for one in made.warnings)


def test_ports_are_alike_in_any_order_of_their_operations_and_not_by_names_alone(wsdls: Path) -> None:
    contract = read(wsdls / "orders.wsdl")
    port, twin = sorted(contract.ports, key=lambda one: one.soap_version)
    turned = replace(twin, operations=dict(reversed(list(twin.operations.items()))))
    assert chosen(replace(contract, ports=(twin, turned, port)), every=True) == [port]
    assert passed_over(replace(contract, ports=(port, turned)), [port]) == []
    other = {name: replace(one, element=f"{one.element}2", message="{urn:x}M") for name, one in port.operations.items()}
    apart = replace(port, name="Apart", operations=other)
    assert chosen(replace(contract, ports=(port, apart)), every=True) == [port, apart]
    assert passed_over(replace(contract, ports=(port, apart)), [port]) == ["OrderService/Apart"]


def test_services_whose_names_differ_only_by_case_are_told_apart(wsdls: Path) -> None:
    port = read(wsdls / "orders.wsdl").port()
    again = [replace(port, service=service) for service in ("Meter Svc", "meter.svc", "METER.svc", "x" * 200)]
    assert names(again) == ["Meter-Svc", "meter.svc", "METER.svc2", "x" * 96]


def test_a_port_that_is_not_there_is_refused_with_those_that_are(two: Path, tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"has no service Nobody port Half .*; choose one of OrderService/Soap12, "):
        wrap(str(two), tmp_path / "out", port=("Soap", "Nobody/Half"))


def test_a_one_way_operation_among_others_that_answer_is_empty(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "orders.wsdl"), tmp_path / "out", answer="sync")
    assert made.warnings == ("Operation Forget is one-way: answered `empty` in place of `sync`.",)
    config, _ = load(made.settings)
    assert config is not None
    styles = {name: (route.source.operation, str(route.answer)) for name, route in config.routes.items()}
    assert styles == {"OrderService": ("", "sync"), "OrderService-Forget": ("Forget", "empty")}
    assert check(made.folder) == []
    (published,) = (made.folder / "wsdl").glob("*.wsdl")
    before = published.read_bytes()
    republish(made.folder)
    assert published.read_bytes() == before


def test_an_operation_with_nothing_to_pass_on_gives_a_receipt(wsdls: Path, tmp_path: Path) -> None:
    made = wrap(str(wsdls / "bodies.wsdl"), tmp_path / "out", answer="sync")
    assert any("without an answer that could be passed on: answered `receipt`" in one for one in made.warnings)
    assert check(made.folder) == []


def test_a_name_that_settings_could_not_bear_is_refused(wsdls: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"my orders! cannot be a name; .*: my-orders"):
        wrap(str(wsdls / "orders.wsdl"), tmp_path / "out", name="my orders!")


def test_a_place_in_a_mended_copy_is_told_as_the_place_in_the_source(wsdls: Path, tmp_path: Path) -> None:
    wsdl = tmp_path / "sloppy.wsdl"
    text = (wsdls / "sloppy.wsdl").read_text().replace('ref="x:Word"', 'ref="x:Wrod"')
    wsdl.write_text(text.replace("<definitions", "<definitions\n\n\n"))
    (tmp_path / "word.xsd").write_bytes((wsdls / "word.xsd").read_bytes())
    line = next(n for n, said in enumerate(wsdl.read_text().splitlines(), 1) if "x:Wrod" in said)
    with pytest.raises(ContractError, match=rf"^{wsdl}:{line}: the schema cannot be compiled: .*Wrod"):
        wrap(str(wsdl), tmp_path / "out")


def test_what_a_partners_wsdl_says_stays_a_comment_in_the_settings(wsdls: Path, tmp_path: Path) -> None:
    written = (wsdls / "orders.wsdl").read_text()
    given = re.sub(
        r'address location="[^"]*"', 'address location="http://x&#10;clients: {thief: {password: a}}"', written
    )
    (tmp_path / "orders.wsdl").write_text(given)
    made = wrap(str(tmp_path / "orders.wsdl"), tmp_path / "out")
    assert "    #    http://x clients: {thief: {password: a}}\n" in made.settings.read_text()


@pytest.mark.parametrize("name", ["../../../Thief", "Place&#10;Order"])
def test_an_operation_whose_name_leads_out_of_the_folder_is_left_out(wsdls: Path, tmp_path: Path, name: str) -> None:
    written = (wsdls / "orders.wsdl").read_text()
    (tmp_path / "orders.wsdl").write_text(written.replace('operation name="PlaceOrder"', f'operation name="{name}"'))
    made = wrap(str(tmp_path / "orders.wsdl"), tmp_path / "a" / "b" / "out")
    assert made.operations == ("Forget",)
    assert "has a name that is none in XML" in made.warnings[0]
    assert [file.name for file in (made.folder / "samples").iterdir()] == ["Forget.xml"]
    assert not list(tmp_path.rglob("Thief*"))
