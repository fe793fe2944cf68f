"""A partner's pinned WSDL loaded into zeep, once a process.

zeep refuses a whole WSDL for one ``soap:header`` that names a message nobody defines; such a
header is left out of the loaded copy (the file is not touched). Everything else that zeep cannot
load is one ``ContractError`` that says what it minds.
"""

import warnings
from pathlib import Path
from typing import Any

import zeep
import zeep.exceptions
from lxml import etree
from zeep.wsdl.bindings import Soap11Binding, Soap12Binding

from jmswrap import log, xml
from jmswrap.errors import ContractError
from jmswrap.partner.transport import PooledTransport

_LOG = log.get(__name__)
_REFUSALS = (
    zeep.exceptions.Error,
    etree.LxmlError,
    LookupError,
    ValueError,
    AttributeError,
    TypeError,
    NotImplementedError,
    RecursionError,
    AssertionError,
)


def load(wsdl: Path, transport: PooledTransport) -> Any:
    """Return the zeep client of a local WSDL; its documents come from files only."""
    encoding = wsdl.parent / "soap-encoding.xsd"
    if encoding.is_file():
        transport.documents[str(encoding.resolve())] = _importing_itself(encoding)
    try:
        return _client(wsdl, transport)
    except ContractError:
        raise
    except _REFUSALS as error:
        if not _repair(transport.documents):
            raise ContractError(f"{wsdl} cannot be loaded by zeep: {_said(error)}") from error
    try:
        return _client(wsdl, transport)
    except _REFUSALS as error:
        raise ContractError(f"{wsdl} cannot be loaded by zeep: {_said(error)}") from error


def _client(wsdl: Path, transport: PooledTransport) -> Any:
    settings = zeep.Settings(
        forbid_dtd=True, forbid_entities=True, forbid_external=True, raw_response=True, xml_huge_tree=False
    )
    # zeep warns of messages that it drops; a call that needed one is refused with a sentence.
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        client = zeep.Client(str(wsdl.resolve()), transport=transport, settings=settings)  # type: ignore[no-untyped-call]
    for warning in heard:
        _LOG.debug("zeep-warned", file=wsdl, reason=warning.message)
    return client


def _importing_itself(encoding: Path) -> bytes:
    """Return the schema of SOAP's encoding for zeep, which asks the Web for it unless it is imported, by itself too."""
    root = etree.fromstring(encoding.read_bytes(), xml.parser())
    reference = {"namespace": xml.SOAP_ENCODING, "schemaLocation": encoding.name}
    root.insert(0, etree.Element(f"{{{xml.XSD}}}import", reference))
    return etree.tostring(root, encoding="utf-8")


def port(client: Any, wsdl: Path, service: str, name: str) -> Any:
    """Return the zeep port named, else the first of SOAP 1.1, else of 1.2."""
    # zeep's own `services` are those of the first file; a wrapper only imports the WSDL that has them.
    definitions = client.wsdl._definitions.values()
    ports = [
        candidate
        for owner in (each for definition in definitions for each in definition.services.values())
        if not service or owner.name == service
        for candidate in owner.ports.values()
        if not name or candidate.name == name
    ]
    for kind in (Soap11Binding, Soap12Binding):
        for candidate in ports:
            if isinstance(candidate.binding, kind):
                return candidate
    wanted = " ".join(word for word in (service, name) if word)
    raise ContractError(f"{wsdl} has no SOAP port{f' {wanted}' if wanted else ''}; set partners.NAME.service and .port")


def _repair(documents: dict[str, bytes]) -> bool:
    """Take dangling headers out of the documents that zeep asked for; tell whether there were any."""
    trees = {path: etree.fromstring(content, xml.parser()) for path, content in documents.items()}
    messages = {
        (root.get("targetNamespace", ""), message.get("name", ""), part.get("name", ""))
        for root in trees.values()
        for message in root.iterfind(f"{{{xml.WSDL}}}message")
        for part in message.iterfind(f"{{{xml.WSDL}}}part")
    }
    changed = False
    for path, root in trees.items():
        for namespace in (xml.WSDL_SOAP_11, xml.WSDL_SOAP_12):
            for tag in ("header", "headerfault"):
                for header in list(root.iter(f"{{{namespace}}}{tag}")):
                    if _target(header, root) not in messages:
                        _LOG.warning(
                            "header-left-out", file=path, line=header.sourceline, message=header.get("message")
                        )
                        header.getparent().remove(header)
                        documents[path] = etree.tostring(root, encoding="utf-8")
                        changed = True
    return changed


def _target(header: etree._Element, root: etree._Element) -> tuple[str, str, str]:
    prefix, _, local = header.get("message", "").rpartition(":")
    namespace = header.nsmap.get(prefix) if prefix else header.nsmap.get(None, root.get("targetNamespace", ""))
    return namespace or "", local, header.get("part", "")


def _said(error: Exception) -> str:
    if isinstance(error, zeep.exceptions.ExternalReferenceForbidden):
        return f"{error.url} is not in the pinned bundle; pin the WSDL again, with all that it imports"
    return " ".join(str(error).split()) or type(error).__name__
