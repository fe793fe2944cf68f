"""WS-Addressing at the door: what a request says, what is wrong with it, what its answer bears.

WS-Addressing 1.0 and the submission of August 2004 differ in their namespace and in the names
of their faults. A lone MessageID or RelatesTo is an id like any other; the rules count from
the first To, Action, ReplyTo or FaultTo on.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from lxml import etree

from jmswrap import log, xml
from jmswrap.accept.hosting import WriteOperation
from jmswrap.contract.actions import Actions
from jmswrap.deliver import callback
from jmswrap.errors import Refused, Unavailable
from jmswrap.message import Message
from jmswrap.partner.callback import Destinations
from jmswrap.soap import faults
from jmswrap.soap.envelope import Envelope, is_due
from jmswrap.soap.faults import SoapFault

_ENGAGING = frozenset(("To", "Action", "ReplyTo", "FaultTo"))
_ONCE = frozenset(("To", "Action", "MessageID", "ReplyTo", "FaultTo", "From"))
_INVALID = {xml.WSA_10: "InvalidAddressingHeader", xml.WSA_0408: "InvalidMessageInformationHeader"}
_REQUIRED = {xml.WSA_10: "MessageAddressingHeaderRequired", xml.WSA_0408: "MessageInformationHeaderRequired"}
_REFERENCES = ("ReferenceParameters", "ReferenceProperties")
MOST_REFERENCE_BYTES = 8192
_AS_IT_IS = nullcontext()

_LOG = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an answer is to go."""

    address: str
    references: tuple[str, ...] = ()
    """Header blocks that the answer must bear, each as XML standing alone."""

    @property
    def is_here(self) -> bool:
        """It goes back on the connection."""
        return self.address in xml.WSA_ANONYMOUS.values()

    @property
    def is_none(self) -> bool:
        """It is not wanted."""
        return self.address == xml.WSA_NONE


@dataclass(frozen=True, slots=True)
class Addressing:
    """The WS-Addressing headers of a request that uses them."""

    namespace: str
    action: str
    message_id: str
    reply_to: Endpoint | None
    fault_to: Endpoint | None

    def blocks(self, action: str) -> str:
        """Return the header blocks of an answer."""
        # Each block declares its prefix, so that it can stand in any envelope.
        declared = f'xmlns:wsa="{self.namespace}"'
        relates = f"<wsa:RelatesTo {declared}>{escape(self.message_id)}</wsa:RelatesTo>" if self.message_id else ""
        return f"<wsa:Action {declared}>{escape(action)}</wsa:Action>{relates}"

    @property
    def fault_action(self) -> str:
        """The action of a fault that SOAP or we raise."""
        return f"{self.namespace}/soap/fault" if self.namespace == xml.WSA_10 else f"{self.namespace}/fault"

    @property
    def no_answer(self) -> bool:
        """The caller wants no answer."""
        return self.reply_to is not None and self.reply_to.is_none

    @property
    def no_fault(self) -> bool:
        """The caller wants to hear of no fault, and says so itself."""
        return self.fault_to is not None and self.fault_to.is_none


def addressing(envelope: Envelope) -> Addressing | None:
    """Return what a request says; None when it does not use WS-Addressing. SoapFault when it does wrongly."""
    for namespace in xml.WSA:
        found = [block for block in envelope.headers if _in(block, namespace) and is_due(block, envelope.version)]
        by_name = {etree.QName(block).localname: block for block in found}
        if _ENGAGING & by_name.keys():
            break
    else:
        return None
    text = {name: "".join(map(str, block.itertext())).strip() for name, block in by_name.items()}
    partly = Addressing(namespace, text.get("Action", ""), text.get("MessageID", ""), None, None)
    with answering(partly):
        _check_once(found, namespace)
        read = Addressing(
            namespace,
            partly.action,
            partly.message_id,
            _endpoint(by_name.get("ReplyTo"), namespace),
            _endpoint(by_name.get("FaultTo"), namespace),
        )
        _check_whole(read, "Action" in by_name)
    return read


def check_action(known: Addressing, actions: Actions, soap_action: str, http_action: str | None) -> None:
    """Raise SoapFault when the action is not that of the operation which the body names."""
    if known.action and http_action and http_action not in (known.action, ""):
        raise invalid(
            known.namespace,
            f"wsa:Action is {known.action[:200]} and the SOAP action of the HTTP request {http_action[:200]}; "
            "send the same in both.",
            reason="ActionMismatch",
            action=(known.action, http_action),
        )
    if known.action in actions.taken or (not known.action and not soap_action):
        return
    raise _fault(
        known.namespace,
        "ActionNotSupported",
        f"wsa:Action is {known.action[:200]}, which is not the action of the operation in the body; "
        f"send {actions.request}.",
        action=(known.action, ""),
    )


def invalid(
    namespace: str, sentence: str, *, reason: str, header: str = "", action: tuple[str, str] = ("", "")
) -> SoapFault:
    """Return the fault for a header that says what cannot be; ``reason`` is WS-Addressing 1.0's word for why."""
    return _fault(namespace, _INVALID[namespace], sentence, reason=reason, header=header, action=action)


def _fault(
    namespace: str, name: str, sentence: str, *, reason: str = "", header: str = "", action: tuple[str, str] = ("", "")
) -> SoapFault:
    subcode = ("wsa", namespace, name)
    if namespace != xml.WSA_10:
        return SoapFault(sentence, code="addressing", subcode=subcode)
    detail = _problem(header, *action)
    return SoapFault(sentence, code="addressing", subcode=subcode, reason=reason, detail=detail)


def _problem(header: str, action: str, soap_action: str) -> etree._Element:
    """Return the detail of a fault: which header it is about (WS-Addressing 1.0 SOAP Binding, §6.3)."""
    kind = "ProblemHeaderQName" if header else "ProblemAction"
    problem = etree.Element(f"{{{xml.WSA_10}}}{kind}", nsmap={"wsa": xml.WSA_10})
    if header:
        problem.text = f"wsa:{header}"
    for name, value in (("Action", action), ("SoapAction", soap_action)):
        if value:
            etree.SubElement(problem, f"{{{xml.WSA_10}}}{name}").text = value[:200]
    return problem


def answering(known: Addressing | None) -> AbstractContextManager[None]:
    """Give what is raised inside the header blocks of an answer."""
    return _AS_IT_IS if known is None else _answering(known)


@contextmanager
def _answering(known: Addressing) -> Iterator[None]:
    try:
        yield
    except SoapFault as fault:
        fault.blocks = fault.blocks or known.blocks(_action_of(fault, known))
        fault.is_unwanted = known.no_fault
        raise
    except (Refused, Unavailable) as error:
        if isinstance(error, Unavailable):
            _LOG.warning("unavailable", code=error.code, reason=error)
        told = faults.of_error(error)
        told.blocks = known.blocks(known.fault_action)
        told.is_unwanted = known.no_fault
        raise told from error


def _action_of(fault: SoapFault, known: Addressing) -> str:
    ours = fault.subcode is not None and fault.subcode[1] == known.namespace
    return f"{known.namespace}/fault" if ours else fault.action or known.fault_action


def _in(block: etree._Element, namespace: str) -> bool:
    return str(block.tag).startswith(f"{{{namespace}}}")


def _check_once(found: list[etree._Element], namespace: str) -> None:
    counts = Counter(etree.QName(block).localname for block in found)
    twice = sorted(name for name in _ONCE if counts[name] > 1)
    if twice:
        said = f"The header {', '.join(twice)} stands more than once in the message; send it once."
        raise invalid(namespace, said, reason="InvalidCardinality", header=twice[0])


def _check_whole(read: Addressing, has_action: bool) -> None:
    answers = [end for end in (read.reply_to, read.fault_to) if end is not None and not end.is_none]
    missing = "" if has_action else "Action"
    if answers and not read.message_id:
        missing = missing or "MessageID"
    if missing:
        said = f"The message uses WS-Addressing without wsa:{missing}; send one."
        raise _fault(read.namespace, _REQUIRED[read.namespace], said, header=missing)


def _endpoint(block: etree._Element | None, namespace: str) -> Endpoint | None:
    if block is None:
        return None
    name = etree.QName(block).localname
    address = (block.findtext(f"{{{namespace}}}Address") or "").strip()
    if not address:
        said = f"The header {name} has no Address; send one, or leave the header out."
        raise invalid(namespace, said, reason="MissingAddressInEPR", header=name)
    references = tuple(
        xml.standalone(child).decode()
        for kind in _REFERENCES
        for group in block.iterchildren(f"{{{namespace}}}{kind}")
        for child in group.iterchildren(etree.Element)
    )
    if sum(map(len, references)) > MOST_REFERENCE_BYTES:
        said = f"The reference parameters of {name} are too large; {MOST_REFERENCE_BYTES} bytes fit."
        raise invalid(namespace, said, reason="InvalidEPR", header=name)
    return Endpoint(address, references)


def check_elsewhere(known: Addressing, destinations: Destinations | None) -> None:
    """Raise SoapFault for an answer address that is neither this connection nor on the service's list."""
    for name, end in (("ReplyTo", known.reply_to), ("FaultTo", known.fault_to)):
        if end is None or end.is_here or end.is_none:
            continue
        if destinations is None or not destinations.permits(end.address):
            why = "answers go back on the connection only" if destinations is None else "answers are not sent there"
            raise invalid(
                known.namespace,
                f"{name} is {end.address[:200]}, but {why}; send {xml.WSA_ANONYMOUS[known.namespace]}, "
                "or have the operator allow the host.",
                reason="OnlyAnonymousAddressSupported" if destinations is None else "InvalidAddress",
                header=name,
            )


def with_addresses(message: Message, known: Addressing, operation: WriteOperation, version: str) -> Message:
    """Return the message with what its answer needs to reach the address that the caller named."""
    ends = [end for end in (known.reply_to, known.fault_to) if end is not None]
    if all(end.is_here or end.is_none for end in ends):
        return message
    reply_to = _elsewhere(known.reply_to)
    given = {
        callback.NAMESPACE: known.namespace,
        callback.MESSAGE_ID: known.message_id,
        callback.FAULT_TO: xml.WSA_NONE if known.no_fault else _elsewhere(known.fault_to),
        callback.REFERENCES: "".join(known.reply_to.references) if known.reply_to else "",
        callback.FAULT_REFERENCES: "".join(known.fault_to.references) if known.fault_to else "",
        callback.SOAP_VERSION: version,
        callback.RESPONSE_ACTION: operation.actions.response,
    }
    properties = {**message.properties, **{name: value for name, value in given.items() if value}}
    return replace(message, reply_to=reply_to, properties=properties)


def _elsewhere(end: Endpoint | None) -> str:
    return "" if end is None or end.is_here or end.is_none else end.address
