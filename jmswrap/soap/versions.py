"""The two versions of SOAP: where they differ, in one table."""

from dataclasses import dataclass

from jmswrap import xml


@dataclass(frozen=True, slots=True)
class SoapVersion:
    """What a version calls things."""

    number: str
    namespace: str
    media_type: str
    next_actor: str
    """The actor or role that every receiver plays."""
    envelope: str
    header: str
    body: str
    must_understand: str
    actor: str
    """The attribute that names a header block's receiver."""


def _version(number: str, namespace: str, media_type: str, next_actor: str, actor: str) -> SoapVersion:
    def name(local: str) -> str:
        return f"{{{namespace}}}{local}"

    return SoapVersion(
        number=number,
        namespace=namespace,
        media_type=media_type,
        next_actor=next_actor,
        envelope=name("Envelope"),
        header=name("Header"),
        body=name("Body"),
        must_understand=name("mustUnderstand"),
        actor=name(actor),
    )


SOAP_11 = _version("1.1", xml.SOAP_11, "text/xml", "http://schemas.xmlsoap.org/soap/actor/next", "actor")
SOAP_12 = _version("1.2", xml.SOAP_12, "application/soap+xml", f"{xml.SOAP_12}/role/next", "role")
BY_MEDIA_TYPE = {version.media_type: version for version in (SOAP_11, SOAP_12)}
BY_NUMBER = {version.number: version for version in (SOAP_11, SOAP_12)}

ULTIMATE_RECEIVER = f"{xml.SOAP_12}/role/ultimateReceiver"
"""The SOAP 1.2 role of who processes the body; the same as naming none."""
