"""Messages from files, as a route's door would make them: validated, keyed, identified."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from lxml import etree

from jmswrap import xml
from jmswrap.accept.intake import Intake
from jmswrap.app.integration import Integration
from jmswrap.config.consumers import consumers
from jmswrap.config.route_settings import Route
from jmswrap.config.suggestions import did_you_mean
from jmswrap.contract.nouns import Contract, Operation
from jmswrap.contract.schemas import Schemas
from jmswrap.errors import ConfigError, IllegalMove, InvalidDocument, UnknownOperation
from jmswrap.message import Message

Validate = Callable[[etree._Element], Operation | None]
"""Checks a body and says which operation it is for; raises Refused."""


def read_document(document: bytes, parser: etree.XMLParser) -> etree._Element:
    """Return the root of a document that a person or an application gives; InvalidDocument says what is wrong."""
    try:
        root = xml.parsed(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, etree.XMLSyntaxError) else 0
        raise InvalidDocument(f"it is not well-formed XML: {error}", line or 0) from error
    if xml.has_doctype(root):
        raise InvalidDocument("it has a DOCTYPE: send it without one")
    return root


class Sender:
    """Makes messages for one route."""

    def __init__(self, integration: Integration, route: str) -> None:
        config = integration.config
        if route not in config.routes:
            end = did_you_mean(route, sorted(config.routes))
            raise ConfigError(f"{integration.file} has no route `{route}`{end}")
        settings = config.routes[route]
        self._validate, headers = _door(integration, settings)
        queue, others = config.queue_of(route), config.other_queues(route)
        self._intake = Intake.compile(route, settings, queue, config.namespaces, headers, others)
        self._parser = xml.parser()

    def message(self, document: bytes, properties: Mapping[str, str]) -> Message:
        """Return the message that a document makes: a body element, or a SOAP envelope around one.

        Raises Refused with the reason.
        """
        body, headers = self._opened(document)
        operation = self._validate(body)
        return self._intake.message(body, headers, operation.name if operation else "", properties)

    def again(self, document: bytes, old: Message) -> Message:
        """Return the message that is to replace another on this route; raises Refused with the reason.

        A document without SOAP headers keeps those of the other.
        """
        body, headers = self._opened(document)
        operation = self._validate(body)
        kept = headers or [etree.fromstring(block, self._parser) for block in old.soap_headers]
        return self._intake.again(old, body, kept, operation.name if operation else "")

    def _opened(self, document: bytes) -> tuple[etree._Element, Sequence[etree._Element]]:
        root = read_document(document, self._parser)
        for namespace in (xml.SOAP_11, xml.SOAP_12):
            if root.tag == f"{{{namespace}}}Envelope":
                found = root.findall(f"{{{namespace}}}Body/*")
                if len(found) != 1:
                    raise InvalidDocument("its SOAP body must hold exactly one element")
                return found[0], root.findall(f"{{{namespace}}}Header/*")
        return root, ()


class Replacements:
    """Makes the messages that replace others: edited, or moved to another queue."""

    def __init__(self, integration: Integration) -> None:
        self._integration = integration
        self._routes = consumers(integration.config)
        self._senders: dict[str, Sender] = {}

    def message(self, old: Message, queue: str, document: bytes = b"") -> Message:
        """Return what is to replace a message, on the queue; its own body again when no document is given.

        It is validated for the route that consumes the queue. Raises Refused with the reason.
        """
        config = self._integration.config
        self.must_know(queue)
        stays = old.route in config.routes and config.queue_of(old.route) == queue
        route = old.route if stays else self._routes[queue]
        if not route:
            return self._for_an_application(old, queue, document or old.body)
        sender = self._senders.get(route) or self._senders.setdefault(route, Sender(self._integration, route))
        return sender.again(document or old.body, old)

    def must_know(self, queue: str) -> None:
        """Raise IllegalMove where there is no such queue."""
        if queue not in self._routes:
            raise IllegalMove(f"There is no queue `{queue}`{did_you_mean(queue, sorted(self._routes))}")

    @staticmethod
    def _for_an_application(old: Message, queue: str, document: bytes) -> Message:
        body = read_document(document, xml.parser())
        standing_alone, kind = xml.standalone(body), str(body.tag)
        return replace(old, queue=queue, route="", body=standing_alone, type=kind, delay_ms=0, time_to_live_ms=0)


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
