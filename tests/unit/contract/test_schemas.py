"""Documents are checked against the contract's own schemas, and faults are told in a sentence."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from jmswrap.contract import wellknown
from jmswrap.contract.bundle import pin
from jmswrap.contract.calling import zeep_refusal
from jmswrap.contract.schemas import Schemas, plain_sentence
from jmswrap.errors import ContractError, InvalidDocument

PLACE = "{urn:test:orders}PlaceOrder"
ORDER = """<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
<PlaceOrder xmlns="urn:test:orders">
  <number>{}</number>
</PlaceOrder></e:Body></e:Envelope>"""


def order(number: str) -> etree._Element:
    return etree.fromstring(ORDER.format(number))[0][0]


def test_a_body_that_fits_is_let_through(wsdls: Path) -> None:
    Schemas.of(wsdls / "orders.wsdl").validate(order("7"), PLACE)


def test_a_fault_names_line_and_element_as_sent(wsdls: Path) -> None:
    with pytest.raises(InvalidDocument) as caught:
        Schemas.of(wsdls / "orders.wsdl").validate(order("seven"), PLACE)
    assert str(caught.value) == 'Element number: "seven" is not a valid value of the atomic type "xs:int".'
    assert (caught.value.line, caught.value.element) == (3, "{urn:test:orders}number")


@pytest.mark.parametrize(
    "body",
    [
        "\n<number>7</number>\n<number>8</number>",
        "\n\n<number\n>seven</number>",
        "",
        "<number>7</number>\n<other/>",
        "text<number>7</number>",
        "\n<!-- <number> --><number x='1'>7</number>",
        "\n<number><number>7</number></number>",
    ],
)
def test_a_document_of_many_elements_gets_the_same_sentence_and_line(wsdls: Path, body: str) -> None:
    schemas = Schemas.of(wsdls / "orders.wsdl")
    found = []
    for many in (False, True):
        text = f'<e>\n<PlaceOrder\nxmlns="urn:test:orders">{body}</PlaceOrder></e>'
        with pytest.raises(InvalidDocument) as caught:
            schemas.validate(etree.fromstring(text)[0], PLACE, many)
        found.append((str(caught.value), caught.value.line, caught.value.element))
    assert found[0] == found[1]


def test_a_document_of_many_elements_that_fits_is_let_through(wsdls: Path) -> None:
    Schemas.of(wsdls / "orders.wsdl").validate(order("7"), PLACE, many=True)


def test_another_element_than_expected_is_refused(wsdls: Path) -> None:
    with pytest.raises(InvalidDocument, match="The body is PlaceOrder of namespace urn:test:orders, but Forget of"):
        Schemas.of(wsdls / "orders.wsdl").validate(order("7"), "{urn:test:orders}Forget")


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (
            "Element '{urn:x}Foo': This element is not expected. Expected is ( {urn:x}Bar ).",
            "Element Foo is not expected here; expected is Bar.",
        ),
        (
            "Element 'Foo': This element is not expected. Expected is ( {urn:x}Foo ).",
            "Element Foo without a namespace is not expected here; expected is Foo of namespace urn:x.",
        ),
        (
            "Element '{urn:x}Foo': Missing child element(s). Expected is one of ( {urn:x}Bar, ##other{urn:x}* ).",
            "Element Foo: Missing child element; expected is Bar or any other element.",
        ),
        (
            "Element '{urn:x}Foo': [facet 'enumeration'] The value 'X' is not an element of the set {'P', 'B'}.",
            'Element Foo: The value "X" is not one of "P", "B".',
        ),
        (
            "Element '{urn:x}Foo', attribute 'n': [facet 'maxLength'] The value has a length of '3'; too long.",
            'Element Foo, attribute n: The value has a length of "3"; too long.',
        ),
    ],
)
def test_libxml2s_message_becomes_a_plain_sentence(message: str, sentence: str) -> None:
    assert plain_sentence(message) == sentence


def test_global_elements_are_known(wsdls: Path) -> None:
    schemas = Schemas.of(wsdls / "orders.wsdl")
    assert schemas.describes(PLACE)
    assert not schemas.describes("{urn:test:orders}number")


def test_schemas_of_one_namespace_in_several_pieces_are_one(wsdls: Path) -> None:
    schemas = Schemas.of(wsdls / "two-chunks.wsdl")
    text = '<t:Do xmlns:t="urn:test"><t:size>{}</t:size><l:Colour xmlns:l="urn:test:late">red</l:Colour></t:Do>'
    schemas.validate(etree.fromstring(text.format(11)), "{urn:test}Do")
    with pytest.raises(InvalidDocument, match="Element size"):
        schemas.validate(etree.fromstring(text.format(12)), "{urn:test}Do")


def test_chameleons_circles_and_well_known_schemas_compile(wsdls: Path) -> None:
    schemas = Schemas.of(wsdls / "spread" / "service.wsdl")
    text = '<m:ReadMeter xmlns:m="urn:test:meters"><m:meter><m:number>{}</m:number></m:meter></m:ReadMeter>'
    schemas.validate(etree.fromstring(text.format("12345678")), "{urn:test:meters}ReadMeter")
    with pytest.raises(InvalidDocument, match="Element number"):
        schemas.validate(etree.fromstring(text.format("1234")), "{urn:test:meters}ReadMeter")


def test_an_ambiguous_model_is_opened_with_a_warning(wsdls: Path) -> None:
    schemas = Schemas.of(wsdls / "ambiguous.wsdl")
    do = etree.fromstring('<t:Do xmlns:t="urn:test"><one>1</one><two>2</two><one>3</one></t:Do>')
    schemas.validate(do, "{urn:test}Do")
    assert schemas.warnings == (
        f"{wsdls / 'ambiguous.wsdl'}:9: the content model is ambiguous, so its elements are checked one by one, "
        "not their order or number.",
    )
    with pytest.raises(InvalidDocument):
        schemas.validate(etree.fromstring('<t:Do xmlns:t="urn:test"><one>x</one></t:Do>'), "{urn:test}Do")


def test_a_schema_that_cannot_be_compiled_is_refused_with_its_place(wsdls: Path) -> None:
    with pytest.raises(ContractError, match=r"unknown-type\.wsdl:8: the schema cannot be compiled: .*Nowhere"):
        Schemas.of(wsdls / "unknown-type.wsdl")


def test_types_named_by_xsi_type_are_checked_with_prefixes_of_the_envelope(wsdls: Path) -> None:
    schemas = Schemas.of(wsdls / "rich.wsdl")
    envelope = etree.fromstring(
        '<e xmlns:t="urn:test" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<t:Circle id="a" xsi:type="t:Circle"><t:colour>red</t:colour><t:radius>0</t:radius></t:Circle></e>'
    )
    with pytest.raises(InvalidDocument, match="Element radius"):
        schemas.validate(envelope[0], "{urn:test}Circle")


def test_threads_do_not_mix_their_faults(wsdls: Path) -> None:
    schemas = Schemas.of(wsdls / "orders.wsdl")
    mixed: list[str] = []

    def check(word: str) -> None:
        for _ in range(200):
            try:
                schemas.validate(order(word), PLACE)
            except InvalidDocument as error:
                if word not in str(error):
                    mixed.append(str(error))

    threads = [threading.Thread(target=check, args=(word,)) for word in ("seven", "eight", "nine")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert mixed == []


@pytest.mark.parametrize("namespace", wellknown.namespaces())
def test_a_shipped_schema_is_pinned_where_it_is_imported(wsdls: Path, tmp_path: Path, namespace: str) -> None:
    text = (wsdls / "foreign.wsdl").read_text().replace(' xmlns:far="urn:test:far"', "")
    wsdl = tmp_path / "using.wsdl"
    wsdl.write_text(text.replace("far:Word", "xs:string").replace("urn:test:far", namespace))
    pinned = pin(str(wsdl), tmp_path / "out")
    assert (tmp_path / "out" / wellknown.file_name(namespace)).exists()
    Schemas.of(pinned).validate(etree.fromstring('<t:Do xmlns:t="urn:test">word</t:Do>'), "{urn:test}Do")
    assert zeep_refusal(pinned) == "" or "soap/encoding" in namespace


def test_a_document_cannot_make_the_validator_fetch_a_schema(
    wsdls: Path, offer: Callable[[Callable[[str], bytes | str | None]], str]
) -> None:
    asked: list[str] = []
    address = offer(lambda path: asked.append(path))
    document = etree.fromstring(
        '<PlaceOrder xmlns="urn:test:orders" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="urn:test:orders {address}/mine.xsd urn:other {address}/other.xsd">'
        "<number>1</number></PlaceOrder>"
    )
    Schemas.of(wsdls / "orders.wsdl").validate(document, PLACE)
    assert asked == []
