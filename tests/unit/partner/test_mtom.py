"""Binary values to and from partners as MTOM/XOP parts."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
import xmlsec
from lxml import etree
from requests_toolbelt.multipart.decoder import MultipartDecoder
from rogue import CONFIRMED, Rogue, once, rogue
from zeep import ns
from zeep.wsdl.attachments import MessagePack
from zeep.wsdl.messages.xop import process_xop

from jmswrap import xop
from jmswrap.errors import InvalidDocument
from jmswrap.outcome import Outcome
from jmswrap.partner.client import PartnerClient

Make = Callable[..., PartnerClient]
WSDL = Path(__file__).parents[2] / "data/partner/orders.wsdl"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
IMAGE = b"\x89PNG\r\n\x1a\n\r\n--" + bytes(range(256)) * 19
"""Not at random: the other reader takes line ends off the front of what is not its own."""
TEXT = base64.b64encode(IMAGE).decode()
PLACE = '<Place xmlns="urn:example:orders"><number>{}</number><quantity>2</quantity></Place>'


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """The orders contract with a binary number."""
    text = WSDL.read_text().replace('name="number" type="xs:string"', 'name="number" type="xs:base64Binary"')
    text = text.replace('name="number" type="xsd:string"', 'name="number" type="xsd:base64Binary"')
    assert "base64Binary" in text
    (tmp_path / "picture.wsdl").write_text(text)
    return tmp_path / "picture.wsdl"


def sent(seen: Rogue) -> tuple[str, bytes]:
    head, _, body = seen.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return next(line.partition(": ")[2] for line in lines if line.lower().startswith("content-type: ")), body


@pytest.mark.parametrize("image", [IMAGE, b"\r\n" + IMAGE + b"\n\r\n"], ids=["image", "line ends around it"])
@pytest.mark.parametrize("port", ["Eleven", "Twelve"])
def test_a_large_binary_element_goes_as_a_part_and_comes_back_the_same(picture: Path, port: str, image: bytes) -> None:
    text = base64.b64encode(image).decode()
    body = PLACE.format(text).encode()
    with rogue(once("200 OK", CONFIRMED)) as seen:
        client = PartnerClient("o", picture, port=port, address=seen.address, mtom_over_bytes=1024)
        client.call("Place", body)
    content_type, message = sent(seen)
    assert content_type.startswith('multipart/related; type="application/xop+xml"')
    assert image in message
    assert text.encode() not in message
    assert xop.envelope_type(content_type)[0] == {"Eleven": "text/xml", "Twelve": "application/soap+xml"}[port]
    plain = etree.fromstring(xop.resolved(message, content_type, 100_000))
    assert plain.find(".//{urn:example:orders}number").text == text
    if port == "Twelve":
        assert xop.envelope_type(content_type)[1] == "urn:place"


def test_another_reader_of_mtom_puts_the_same_together(picture: Path) -> None:
    with rogue(once("200 OK", CONFIRMED)) as seen:
        client = PartnerClient("o", picture, port="Eleven", address=seen.address, mtom_over_bytes=1024)
        client.call("Place", PLACE.format(TEXT).encode())
    content_type, message = sent(seen)
    parts = MultipartDecoder(message, content_type).parts
    envelope = etree.fromstring(parts[0].content)
    assert process_xop(envelope, MessagePack(parts=parts[1:]))
    assert base64.b64decode(envelope.find(".//{urn:example:orders}number").text) == IMAGE


@pytest.mark.parametrize("text", ["aGVsbG8=", "not base64! " * 500])
def test_a_small_value_and_one_that_is_no_base64_stay_where_they_are(picture: Path, text: str) -> None:
    with rogue(once("200 OK", CONFIRMED)) as seen:
        client = PartnerClient("o", picture, port="Eleven", address=seen.address, mtom_over_bytes=1024)
        client.call("Place", PLACE.format(text).encode())
    assert sent(seen)[0].startswith("text/xml")


def test_a_partner_without_the_setting_gets_base64(picture: Path) -> None:
    with rogue(once("200 OK", CONFIRMED)) as seen:
        client = PartnerClient("o", picture, port="Eleven", address=seen.address)
        client.call("Place", PLACE.format(TEXT).encode())
    assert TEXT.encode() in seen.requests[0]


def mime(xml: bytes, *parts: tuple[str, bytes]) -> tuple[str, bytes]:
    pieces = [b"--b\r\nContent-Type: application/xop+xml; charset=UTF-8\r\nContent-ID: <root>\r\n\r\n" + xml]
    pieces += [f"--b\r\nContent-ID: <{name}>\r\n\r\n".encode() + content for name, content in parts]
    kind = 'multipart/related; type="application/xop+xml"; boundary=b; start="<root>"; start-info="text/xml"'
    return kind, b"\r\n".join([*pieces, b"--b--\r\n"])


INCLUDE = '<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:{}"/>'


@pytest.mark.parametrize(("scheme", "media_type"), [("cid", "application/xop+xml"), ("CID", "application/XOP+XML")])
def test_a_reply_with_parts_becomes_plain(scheme: str, media_type: str) -> None:
    xml = CONFIRMED.replace(b">7<", f">{INCLUDE.format('p%20q').replace('cid', scheme)}<".encode())
    kind, body = mime(xml, ("p q", b"\x00\xff"))
    kind = kind.replace("application/xop+xml", media_type)
    with rogue(once("200 OK", body, f"Content-Type: {kind}")) as seen:
        client = PartnerClient("o", WSDL, address=seen.address)
        called = client.call("Place", PLACE.format("1").encode())
    assert called.outcome is Outcome.REPLIED
    assert etree.fromstring(called.body).findtext("{*}confirmation") == "AP8="
    assert called.raw == body


def test_a_reply_whose_part_is_missing_is_unsure() -> None:
    kind, body = mime(CONFIRMED.replace(b">7<", f">{INCLUDE.format('gone')}<".encode()))
    with rogue(once("200 OK", body, f"Content-Type: {kind}")) as seen:
        client = PartnerClient("o", WSDL, address=seen.address)
        called = client.call("Place", PLACE.format("1").encode())
    assert (called.outcome, "no part" in called.sentence) == (Outcome.GARBAGE_REPLY, True)


def test_a_signature_holds_over_the_parts(partner: Make, pki: Path, picture: Path) -> None:
    wrapped = TEXT[:76] + "\n" + TEXT[76:]
    from_settings = partner("http://127.0.0.1:9/", security={"signature": {"key": "us.key", "certificate": "us.pem"}})
    for text, parted in ((TEXT, True), (wrapped, False)):
        with rogue(once("200 OK", CONFIRMED)) as seen:
            authentication = from_settings._authentication
            client = PartnerClient(
                "o", picture, port="Eleven", address=seen.address, authentication=authentication, mtom_over_bytes=10
            )
            client.call("Place", PLACE.format(text).encode())
        content_type, message = sent(seen)
        assert content_type.startswith("multipart/") == parted
        root = etree.fromstring(xop.resolved(message, content_type, 100_000) if parted else message)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_file(str(pki / "us.pem"), xmlsec.KeyFormat.CERT_PEM)
        for element in root.iter():
            if element.get(f"{{{ns.WSU}}}Id"):
                context.register_id(element, "Id", ns.WSU)
        context.verify(root.find(f".//{{{ns.DS}}}Signature"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body.removesuffix(b"--b--\r\n"), "cut off"),
        (lambda body: body.replace(b"<root>", b"<other>"), "no part 'root'"),
        (lambda body: body.replace(b"cid:p", b"http://x/"), "no part for"),
        (lambda body: body.replace(b"<q>", b"<p>"), "Content-ID of its own"),
        (lambda body: body.replace(b"cid:q", b"cid:p"), "names the part 'q' nowhere"),
        (lambda body: body.replace(b"<a><i:", b"<a>text<i:"), "all that its element holds"),
        (lambda body: body.replace(b"<r>", b"<!DOCTYPE r><r>"), "DOCTYPE"),
        (lambda body: body.replace(b"</r>", b""), r"well-formed XML \([^()<>]*\); correct it"),
        (lambda body: body.replace(b"<q>", b"<q>\r\nContent-Transfer-Encoding: x-odd"), "x-odd"),
        (lambda body: b"--b\r\n\r\n" * 1100, "more than 1000 parts"),
        (lambda body: body.replace(b"\x01", b"\x01" * 7_600_000), "larger than 7500000 bytes"),
        (lambda body: body.replace(b"\x01", b"\x01" * 1_000_000), "larger than 100000 bytes"),
    ],
)
def test_what_cannot_be_put_together_is_one_sentence(change: Callable[[bytes], bytes], said: str) -> None:
    xml = f"<r><a>{INCLUDE.format('p')}</a><b>{INCLUDE.format('q')}</b></r>".encode()
    kind, body = mime(xml, ("p", b"\x01"), ("q", b"\x02"))
    assert xop.resolved(body, kind, 100_000) == b"<r><a>AQ==</a><b>Ag==</b></r>"
    with pytest.raises(InvalidDocument, match=said):
        xop.resolved(change(body), kind, 100_000)


def test_one_part_named_many_times_cannot_grow_a_message_beyond_its_cap() -> None:
    many = f"<a>{INCLUDE.format('p')}</a>" * 200
    xml = f"<r>{many}</r>".encode()
    kind, body = mime(xml, ("p", b"\x01" * 10_000))
    with pytest.raises(InvalidDocument, match="larger than"):
        xop.resolved(body, kind, 100_000)
