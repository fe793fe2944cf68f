"""WS-Security as a partner wants it: tokens and times made anew for each attempt, signatures.

The pieces have zeep's two methods, ``apply`` and ``verify``, and are put together by its
``Compose``; its UsernameToken is used as it is. Its signatures are not: they send SHA-1,
put the certificate after the signature that names it, and on replies check whatever the
signature happens to cover. Ours cover Body and Timestamp, both ways.
"""

import base64
import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree
from zeep import ns
from zeep.wsse.username import UsernameToken
from zeep.wsse.utils import ensure_id, get_security_header

from jmswrap import log, xml
from jmswrap.config.security_settings import Algorithm, KeyReference
from jmswrap.errors import ConfigError, PartnerError
from jmswrap.partner.credential import Credential, stamp
from jmswrap.partner.tls import check_pair

# An extra, jmswrap[signature]: who wants to sign without it is told so.
xmlsec: Any = importlib.import_module("xmlsec") if importlib.util.find_spec("xmlsec") else None

_LOG = log.get(__name__)
SECURITY = f"{{{ns.WSSE}}}Security"
_ID = f"{{{ns.WSU}}}Id"
_IDS = (_ID, f"{{{xml.XML_NAMESPACE}}}id")
_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SKEW = timedelta(minutes=5)
_METHODS = {
    Algorithm.RSA_SHA256: ("RSA_SHA256", "SHA256"),
    Algorithm.RSA_SHA512: ("RSA_SHA512", "SHA512"),
    Algorithm.RSA_SHA1: ("RSA_SHA1", "SHA1"),
    Algorithm.ECDSA_SHA256: ("ECDSA_SHA256", "SHA256"),
}


class Untrusted(PartnerError):
    """A reply whose signature does not prove what it must."""

    code = "untrusted"


class FreshToken:
    """A UsernameToken with a nonce and a time of its own for each envelope."""

    def __init__(self, username: str, password: Credential, digest: bool) -> None:
        self._username = username
        self._password = password
        self._digest = digest

    def apply(self, envelope: Any, headers: Any) -> Any:
        """Put the token into the envelope's Security header."""
        password = self._password.text
        made = UsernameToken(self._username, password, use_digest=self._digest, zulu_timestamp=True)  # type: ignore[no-untyped-call]
        return made.apply(envelope, headers)  # type: ignore[no-untyped-call]

    def verify(self, envelope: Any) -> None:
        """Do nothing: replies carry no token."""


class FreshTimestamp:
    """A Timestamp for each envelope, by the wall clock."""

    def __init__(self, lifetime_seconds: float) -> None:
        self._lifetime = timedelta(seconds=lifetime_seconds)

    def apply(self, envelope: Any, headers: Any) -> Any:
        """Put the Timestamp first into the envelope's Security header."""
        stamped = etree.Element(f"{{{ns.WSU}}}Timestamp", nsmap={"wsu": ns.WSU})
        now = datetime.now(UTC)
        for name, moment in (("Created", now), ("Expires", now + self._lifetime)):
            # Milliseconds: some receivers refuse both none and microseconds.
            text = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            etree.SubElement(stamped, f"{{{ns.WSU}}}{name}").text = text
        get_security_header(envelope).insert(0, stamped)  # type: ignore[no-untyped-call]
        return envelope, headers

    def verify(self, envelope: Any) -> None:
        """Do nothing: a reply's Timestamp is checked with its signature."""


class Signed:
    """Signs Body and Timestamp; checks that a reply's are signed by the partner, when it knows its key."""

    def __init__(
        self,
        key: Path,
        certificate: Path,
        *,
        password: Credential | None = None,
        algorithm: Algorithm = Algorithm.RSA_SHA256,
        reference: KeyReference = KeyReference.CERTIFICATE,
        verify: Path | None = None,
    ) -> None:
        if xmlsec is None:
            raise ConfigError("messages cannot be signed here: pip install 'jmswrap[signature]'")
        self._files = (key, certificate, *((verify,) if verify else ()))
        self._password = password
        self._algorithm = algorithm
        self._reference = reference
        self._method, self._digest = (getattr(xmlsec.Transform, name) for name in _METHODS[algorithm])
        self._kept = (stamp(*self._files), *self._read())

    def apply(self, envelope: Any, headers: Any) -> Any:
        """Sign what stands in the envelope now."""
        key, certificate, _ = self._current()
        security = get_security_header(envelope)  # type: ignore[no-untyped-call]
        signature = xmlsec.template.create(envelope, xmlsec.Transform.EXCL_C14N, self._method)
        described = xmlsec.template.ensure_key_info(signature)
        context = xmlsec.SignatureContext()
        context.key = key
        for element in (envelope.find(f"{{{_namespace(envelope)}}}Body"), security.find(f"{{{ns.WSU}}}Timestamp")):
            if element is not None:
                reference = xmlsec.template.add_reference(signature, self._digest, uri="#" + ensure_id(element))  # type: ignore[no-untyped-call]
                xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
                context.register_id(element, "Id", ns.WSU)
        if self._reference is KeyReference.CERTIFICATE:
            _name_token(described, _token(security, certificate))
            security.append(signature)
            _sign(context, signature)
        else:
            security.append(signature)
            data = xmlsec.template.add_x509_data(described)
            xmlsec.template.x509_data_add_issuer_serial(data)
            _sign(context, signature)
            # Only now: xmlsec does not look for X509Data inside a WS-Security element.
            etree.SubElement(described, f"{{{ns.WSSE}}}SecurityTokenReference").append(data)
        return envelope, headers

    def verify(self, envelope: Any) -> None:
        """Raise Untrusted unless the Body, and a Timestamp that is there, are signed by the partner."""
        _, _, trusted = self._current()
        if trusted is None:
            return
        signature, security = _one_signature(envelope)
        covered = _covered(envelope, signature)
        if envelope.find(f"{{{_namespace(envelope)}}}Body") not in covered:
            raise Untrusted("its Body is not signed")
        timestamp = security.find(f"{{{ns.WSU}}}Timestamp")
        if timestamp is not None and timestamp not in covered:
            raise Untrusted("its Timestamp is not signed")
        context = xmlsec.SignatureContext()
        context.key = trusted
        for element in covered:
            context.register_id(element, "Id", ns.WSU)
        try:
            context.verify(signature)
        except xmlsec.Error:
            raise Untrusted("it was changed after it was signed, or signed with another key") from None
        if timestamp is not None:
            _current_time(timestamp)

    def _current(self) -> tuple[Any, bytes, Any]:
        seen = stamp(*self._files)
        if seen != self._kept[0]:
            try:
                self._kept = (seen, *self._read())
            except ConfigError as error:
                # Half-renewed files leave the keys that are known.
                _LOG.warning("keys-not-renewed", reason=error)
                self._kept = (seen, *self._kept[1:])
        return self._kept[1:]

    def _read(self) -> tuple[Any, bytes, Any]:
        key_file, certificate, *rest = self._files
        password = self._password.text if self._password else None
        pems = xmlsec.KeyFormat.PEM
        check_pair(certificate, key_file, password or "")
        made = _loaded(key_file, "private key", lambda data: xmlsec.Key.from_memory(data, pems, password))
        pem = _loaded(certificate, "certificate", bytes)
        _loaded(certificate, "certificate", lambda data: made.load_cert_from_memory(data, pems))
        theirs = [
            _loaded(file, "certificate", lambda data: xmlsec.Key.from_memory(data, xmlsec.KeyFormat.CERT_PEM))
            for file in rest
        ]
        self._try_out(made)
        return made, pem, theirs[0] if theirs else None

    def _try_out(self, key: Any) -> None:
        probe = etree.Element("probe")
        probe.append(xmlsec.template.create(probe, xmlsec.Transform.EXCL_C14N, self._method))
        reference = xmlsec.template.add_reference(probe[0], self._digest, uri="")
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        context = xmlsec.SignatureContext()
        context.key = key
        try:
            context.sign(probe[0])
        except xmlsec.Error:
            why = f"{self._files[0].name} is no key for {self._algorithm.value}: set `algorithm` to one for its kind"
            raise ConfigError(why) from None


def _loaded(path: Path, what: str, load: Any) -> Any:
    try:
        return load(path.read_bytes())
    except OSError as error:
        why = (error.strerror or "").lower()
        raise ConfigError(f"{path} cannot be read: {why}; let this process read it") from None
    except (xmlsec.Error, ValueError, TypeError):
        raise ConfigError(f"{path} holds no {what} in PEM, or its password is wrong") from None


def _sign(context: Any, signature: Any) -> None:
    try:
        context.sign(signature)
    except xmlsec.Error as error:
        raise PartnerError(f"the message cannot be signed: {error}") from error


def _namespace(envelope: Any) -> str:
    return str(etree.QName(envelope).namespace)


def _token(security: Any, certificate: bytes) -> str:
    """Put the certificate before the signature that will name it; return its id."""
    types = {"ValueType": _PROFILE, "EncodingType": _BASE64}
    token = etree.SubElement(security, f"{{{ns.WSSE}}}BinarySecurityToken", types)
    body = certificate.partition(b"-----BEGIN CERTIFICATE-----")[2].partition(b"-----END CERTIFICATE-----")[0]
    token.text = base64.b64encode(base64.b64decode(body)).decode()
    return str(ensure_id(token))  # type: ignore[no-untyped-call]


def _name_token(described: Any, name: str) -> None:
    reference = etree.SubElement(described, f"{{{ns.WSSE}}}SecurityTokenReference")
    etree.SubElement(reference, f"{{{ns.WSSE}}}Reference", {"URI": f"#{name}", "ValueType": _PROFILE})


def _one_signature(envelope: Any) -> tuple[Any, Any]:
    blocks = envelope.findall(f"{{{_namespace(envelope)}}}Header/{SECURITY}")
    found = [(signature, block) for block in blocks for signature in block.findall(f"{{{ns.DS}}}Signature")]
    if len(found) != 1:
        raise Untrusted("it is not signed" if not found else "it has more than one signature")
    return found[0]


def _covered(envelope: Any, signature: Any) -> list[Any]:
    """Return the elements that a signature covers as they are; Untrusted when that is not plain to see."""
    ids = [value for element in envelope.iter(etree.Element) for name in _IDS if (value := element.get(name))]
    if len(ids) != len(set(ids)):
        raise Untrusted("two of its elements have the same id")
    by_id = {element.get(_ID): element for element in envelope.iter(etree.Element) if element.get(_ID)}
    covered = []
    for reference in signature.iterfind(f"{{{ns.DS}}}SignedInfo/{{{ns.DS}}}Reference"):
        transforms = reference.findall(f"{{{ns.DS}}}Transforms/{{{ns.DS}}}Transform")
        if any(transform.get("Algorithm") != _EXCLUSIVE for transform in transforms):
            raise Untrusted("its signature transforms what it covers")
        uri = reference.get("URI") or ""
        if not uri.startswith("#") or uri[1:] not in by_id:
            raise Untrusted("its signature names a part that has no wsu:Id in it")
        covered.append(by_id[uri[1:]])
    return covered


def _current_time(timestamp: Any) -> None:
    text = (timestamp.findtext(f"{{{ns.WSU}}}Expires") or "").strip()
    try:
        until = datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
    except ValueError:
        raise Untrusted("its Timestamp cannot be read") from None
    if until is not None and (until if until.tzinfo else until.replace(tzinfo=UTC)) < datetime.now(UTC) - _SKEW:
        raise Untrusted("its Timestamp has expired")
