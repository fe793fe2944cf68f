"""What a partner's WS-Policy demands of callers, as sentences that name the setting which provides it.

Policies stay out of the contracts we publish: what holds between us and the partner is no
matter of our callers.
"""

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from jmswrap.contract.definitions import Definitions
from jmswrap.contract.nouns import Place

NAMESPACES = ("http://schemas.xmlsoap.org/ws/2004/09/policy", "http://www.w3.org/ns/ws-policy")
_SETTINGS = {
    "TransportBinding": "an https address: set partners.{name}.address to one",
    "HttpsToken": "an https address: set partners.{name}.address to one",
    "RequireClientCertificate": "a client certificate: set partners.{name}.tls.certificate",
    "HttpBasicAuthentication": "HTTP Basic: set partners.{name}.security.basic",
    "BasicAuthentication": "HTTP Basic: set partners.{name}.security.basic",
    "UsernameToken": "a UsernameToken: set partners.{name}.security.username_token",
    "IncludeTimestamp": "a Timestamp: set partners.{name}.security.timestamp",
    "AsymmetricBinding": "a signature: set partners.{name}.security.signature",
    "InitiatorToken": "a signature: set partners.{name}.security.signature",
    "SignedParts": "a signature: set partners.{name}.security.signature",
    "X509Token": "a signature: set partners.{name}.security.signature",
    "OptimizedMimeSerialization": "MTOM: set partners.{name}.mtom to true",
}
_NOT_DONE = {
    "SymmetricBinding": "a key shared by both sides (SymmetricBinding)",
    "EncryptedParts": "encrypted messages (EncryptedParts)",
    "EncryptedElements": "encrypted messages (EncryptedElements)",
    "IssuedToken": "a token of a token service (IssuedToken)",
    "SamlToken": "a SAML token",
    "KerberosToken": "a Kerberos token",
    "RMAssertion": "WS-ReliableMessaging (RMAssertion)",
    "ATAssertion": "WS-AtomicTransaction (ATAssertion)",
}


def demands(wsdl: Path, name: str) -> tuple[str, ...]:
    """Return what the policies of a local WSDL demand, a sentence each; ``name`` is the partner's in the settings."""
    told: dict[str, str] = {}
    for place, assertion in _assertions(wsdl):
        if assertion in _SETTINGS:
            sentence = _SETTINGS[assertion].format(name=name)
            told.setdefault(sentence, f"{place}: the partner's policy demands {sentence}.")
        elif assertion in _NOT_DONE:
            what = _NOT_DONE[assertion]
            end = "which jmswrap does not do; ask the partner for an endpoint without it"
            told.setdefault(what, f"{place}: the partner's policy demands {what}, {end}.")
    return tuple(told.values())


def _assertions(wsdl: Path) -> Iterator[tuple[Place, str]]:
    for source in Definitions(wsdl).sources:
        for namespace in NAMESPACES:
            for policy in source.root.iter(f"{{{namespace}}}Policy"):
                for element in policy.iter("*"):
                    optional = element.get(f"{{{namespace}}}Optional") in ("true", "1")
                    if etree.QName(element).namespace != namespace and not optional:
                        yield source.place(element), etree.QName(element).localname
