"""Messages from files, as a route's door would make them: validated, keyed, identified."""

from collections.abc import Callable, Mapping, Sequence

from lxml import etree

from jmswrap import xml
from jmswrap.accept.intake import Intake
from jmswrap.app.integration import Integration
from jmswrap.config.sentences import did_you_mean
from jmswrap.config.settings import Route
from jmswrap.contract.nouns import Contract, Operation
from jmswrap.contract.schemas import Schemas
from jmswrap.errors import ConfigError, InvalidDocument, UnknownOperation
from jmswrap.message import Message

Validate = Callable[[etree._Element], Operation | None]
"""Checks a body and says which operation it is for; raises Refused."""


class Sender:
    """Makes messages for one route."""

    def __init__(self, integration: Integration, route: str) -> None:
        config = integration.config
        if route not in config.routes:
            end = did_you_mean(route, sorted(config.routes))
            raise ConfigError(f"{integration.file} has no route `{route}`{end}")
        settings = config.routes[route]
        self._validate, headers = _door(integration, settings)
        self._intake = Intake.compile(route, settings, config.queue_of(route), config.namespaces, headers)
        self._parser = xml.parser()

    def message(self, document: bytes, properties: Mapping[str, str]) -> Message:
        """Return the message that a document makes: a body element, or a SOAP envelope around one.

        Raises Refused with the reason.
        """
        body, headers = self._opened(document)
        operation = self._validate(body)
        return self._intake.message(body, headers, operation.name if operation else "", properties)

    def _opened(self, document: bytes) -> tuple[etree._Element, Sequence[etree._Element]]:
        try:
            root = etree.fromstring(document, self._parser)
        except etree.XMLSyntaxError as error:
            raise InvalidDocument(f"it is not well-formed XML: {error}", error.lineno or 0) from error
        if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
            raise InvalidDocument("it has a DOCTYPE: send it without one")
        for namespace in (xml.SOAP_11, xml.SOAP_12):
            if root.tag == f"{{{namespace}}}Envelope":
                found = root.findall(f"{{{namespace}}}Body/*")
                if len(found) != 1:
                    raise InvalidDocument("its SOAP body must hold exactly one element")
                return found[0], root.findall(f"{{{namespace}}}Header/*")
        return root, ()


def _door(integration: Integration, route: Route) -> tuple[Validate, Sequence[str]]:
    """Return the check of a route's bodies, and the SOAP headers that are kept with them."""
    config = integration.config
    if route.source.service in integration.services:
        settings = config.services[str(route.source.service)]
        contract = integration.services[str(route.source.service)]
        port = contract.port(settings.service, settings.port)
        named = {r.source.operation for r in config.routes.values() if r.source.service == route.source.service}
        operations = [o for o in port.usable if _takes(route.source.operation, o.name, named)]
    elif route.to.partner is not None and not route.steps:
        partner = config.partners[route.to.partner]
        contract = integration.partners[route.to.partner]
        port = contract.port(partner.service, partner.port)
        operations = [o for o in port.usable if route.to.operation in ("", o.name)]
    else:
        # What comes by a queue and goes through a transform has no contract to be held to.
        return (lambda _: None), ()
    headers = tuple(dict.fromkeys(name for operation in operations for name in operation.headers))
    return _validator(contract, operations), headers


def _takes(wanted: str, name: str, named: set[str]) -> bool:
    return name == wanted if wanted else name not in named


def _validator(contract: Contract, operations: Sequence[Operation]) -> Validate:
    schemas = Schemas.of(contract.wsdl)
    by_element = {operation.element: operation for operation in operations}

    def validate(body: etree._Element) -> Operation:
        operation = by_element.get(str(body.tag))
        if operation is None:
            known = ", ".join(sorted(by_element))
            raise UnknownOperation(f"no operation of this route takes {body.tag}: it takes {known}")
        schemas.validate(body, operation.element)
        return operation

    return validate
