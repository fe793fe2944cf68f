"""Signed messages, checked by others' code; signed replies, forged in the usual ways."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
import xmlsec
from lxml import etree
from rogue import CONFIRMED, Rogue, once, rogue
from zeep import ns
from zeep.wsse.signature import BinarySignature, Signature, verify_envelope

from jmswrap.errors import ConfigError
from jmswrap.outcome import Outcome
from jmswrap.partner.client import PartnerClient

Make = Callable[..., PartnerClient]
PLACE = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
OK = once("200 OK", CONFIRMED)
SIGNED = {"key": "us.key", "certificate": "us.pem"}
FAULT = b"<f:Fault xmlns:f='http://schemas.xmlsoap.org/soap/envelope/'><faultcode>f:Client</faultcode><faultstring>no</faultstring></f:Fault>"


def sent(seen: Rogue) -> etree._Element:
    return etree.fromstring(seen.requests[0].partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "rsa-sha512", "rsa-sha1"])
@pytest.mark.parametrize("reference", ["certificate", "issuer-serial"])
def test_body_and_timestamp_are_signed_so_that_others_can_tell(
    partner: Make, pki: Path, algorithm: str, reference: str
) -> None:
    section = {"signature": {**SIGNED, "algorithm": algorithm, "reference": reference}}
    with rogue(OK) as seen:
        assert partner(seen.address, security=section).call("Place", PLACE).outcome is Outcome.REPLIED
    root = sent(seen)
    verify_envelope(root, str(pki / "us.pem"))
    uris = {found.get("URI")[1:] for found in root.iter(f"{{{ns.DS}}}Reference")}
    covered = [element for element in root.iter() if element.get(f"{{{ns.WSU}}}Id") in uris]
    assert {etree.QName(element).localname for element in covered} == {"Body", "Timestamp"}
    assert root.find(f".//{{{ns.DS}}}SignatureMethod").get("Algorithm").endswith(algorithm)
    if reference == "certificate":
        token = root.find(f".//{{{ns.WSSE}}}BinarySecurityToken")
        der = base64.b64decode(token.text)
        key = xmlsec.Key.from_memory(der, xmlsec.KeyFormat.CERT_DER)
        context = xmlsec.SignatureContext()
        context.key = key
        for element in covered:
            context.register_id(element, "Id", ns.WSU)
        context.verify(root.find(f".//{{{ns.DS}}}Signature"))
        names = [etree.QName(child).localname for child in token.getparent()]
        assert names.index("BinarySecurityToken") < names.index("Signature")


def test_a_username_token_goes_along_with_a_signature(partner: Make, pki: Path) -> None:
    token = {"username": "us", "password": "env:SHOP"}
    with rogue(OK) as seen:
        section = {"signature": SIGNED, "username_token": token}
        partner(seen.address, {"SHOP": "x"}, security=section).call("Place", PLACE)
    verify_envelope(sent(seen), str(pki / "us.pem"))
    assert sent(seen).find(f".//{{{ns.WSSE}}}UsernameToken") is not None


def reply_of(pki: Path, who: str = "them", inside: bytes = b"", kind: type[Signature] = BinarySignature) -> bytes:
    """Return a reply that zeep signed."""
    root = etree.fromstring(CONFIRMED)
    if inside:
        root.find(f"{SOAP}Body")[:] = [etree.fromstring(inside)]
    header = etree.Element(f"{SOAP}Header")
    root.insert(0, header)
    signer = kind(
        str(pki / f"{who}.key"), str(pki / f"{who}.pem"), None, xmlsec.Transform.RSA_SHA256, xmlsec.Transform.SHA256
    )
    signer.apply(root, {})
    return etree.tostring(root)


def called(partner: Make, reply: bytes, status: str = "200 OK") -> tuple[Outcome, str]:
    section = {"signature": {**SIGNED, "verify": "them.pem"}}
    with rogue(once(status, reply)) as seen:
        came = partner(seen.address, security=section).call("Place", PLACE)
    return came.outcome, came.sentence


@pytest.mark.parametrize("kind", [BinarySignature, Signature])
def test_a_reply_that_the_partner_signed_is_taken(partner: Make, pki: Path, kind: type[Signature]) -> None:
    assert called(partner, reply_of(pki, kind=kind)) == (Outcome.REPLIED, "HTTP 200")


def test_a_fault_that_the_partner_signed_is_taken(partner: Make, pki: Path) -> None:
    reply = reply_of(pki, inside=FAULT)
    assert called(partner, reply, "500 Internal Server Error")[0] is Outcome.FAULT_REFUSED


def body_in_the_header(reply: bytes, same_id: bool) -> bytes:
    """Wrap: the signed Body goes into a header, another one stands in its place."""
    root = etree.fromstring(reply)
    body = root.find(f"{SOAP}Body")
    forged = etree.fromstring(etree.tostring(body).replace(b">7<", b">8<"))
    if not same_id:
        forged.set(f"{{{ns.WSU}}}Id", "other")
    root.replace(body, forged)
    etree.SubElement(root.find(f"{SOAP}Header"), "{urn:x}Wrapper").append(body)
    return etree.tostring(root)


@pytest.mark.parametrize(
    ("forge", "said"),
    [
        (lambda pki: CONFIRMED, "is not signed"),
        (lambda pki: reply_of(pki).replace(b">7<", b">8<"), "changed after it was signed"),
        (lambda pki: reply_of(pki, who="other"), "signed with another key"),
        (lambda pki: body_in_the_header(reply_of(pki), same_id=True), "the same id"),
        (lambda pki: body_in_the_header(reply_of(pki), same_id=False), "Body is not signed"),
        (lambda pki: reply_of(pki).replace(b"#id-", b"#no-"), "names a part"),
    ],
)
def test_a_reply_that_does_not_prove_itself_is_not_believed(
    partner: Make, pki: Path, forge: Callable[[Path], bytes], said: str
) -> None:
    outcome, sentence = called(partner, forge(pki))
    assert outcome is Outcome.GARBAGE_REPLY
    assert said in sentence


def test_an_unsigned_fault_is_not_believed_either(partner: Make, pki: Path) -> None:
    forged = CONFIRMED[: CONFIRMED.index(b"<PlaceResponse")] + FAULT + b"</e:Body></e:Envelope>"
    assert called(partner, forged, "500 Internal Server Error")[0] is Outcome.GARBAGE_REPLY


def test_a_second_attempt_is_signed_anew(partner: Make, pki: Path) -> None:
    with rogue(OK) as seen:
        client = partner(seen.address, security={"signature": SIGNED})
        client.call("Place", PLACE)
        client.call("Place", PLACE)
    values = [
        etree.fromstring(r.partition(b"\r\n\r\n")[2]).findtext(f".//{{{ns.DS}}}SignatureValue") for r in seen.requests
    ]
    assert len(set(values)) == 2


def test_an_elliptic_key_signs_with_its_own_algorithm_only(partner: Make, pki: Path, authority: trustme.CA) -> None:
    made = authority.issue_cert("127.0.0.1", key_type=trustme.KeyType.ECDSA)
    made.cert_chain_pems[0].write_to_path(str(pki / "us.pem"))
    made.private_key_pem.write_to_path(str(pki / "us.key"))
    with rogue(OK) as seen:
        partner(seen.address, security={"signature": {**SIGNED, "algorithm": "ecdsa-sha256"}}).call("Place", PLACE)
    verify_envelope(sent(seen), str(pki / "us.pem"))
    with pytest.raises(ConfigError, match="no key for rsa-sha256"):
        partner("http://127.0.0.1:9/", security={"signature": SIGNED})
