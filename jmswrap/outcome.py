"""What one call to a target can come to, and what that means for its message.

Pure nouns: one table, ``TABLE``, with a row for every outcome and a meaning for routes whose
target may safely get a message twice (idempotent) and for the others. ``docs/outcomes.md`` shows
the same table and a test holds the two together. Anybody above ``message`` may import this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from jmswrap.xml import SOAP_11, SOAP_12

OUAF_FAULT = "{http://ouaf.oracle.com/}Fault"
"""The fault detail of Oracle Utilities applications: the business logic said no."""

_WSSE = "oasis-200401-wss-wssecurity-secext-1.0.xsd"


class Meaning(StrEnum):
    """What an outcome means for the message."""

    DELIVERED = "DELIVERED"
    """The target has it."""
    WAITING = "WAITING"
    """Not applied, or harmless to repeat: try again by the route's schedule."""
    DEAD = "DEAD"
    """It will never be taken as it is: to the error queue at once."""
    IN_DOUBT = "IN_DOUBT"
    """It may have been applied: the route's in-doubt policy decides."""
    REFUSED = "REFUSED"
    """The partner's business said no: a negative acknowledgement where the route has one."""
    QUEUED = "QUEUED"
    """Nothing was tried: handed back."""


class Outcome(StrEnum):
    """What one try came to."""

    NOT_CONNECTED = "not-connected"
    NAME_UNKNOWN = "name-unknown"
    TLS_FAILED = "tls-failed"
    NO_TOKEN = "no-token"  # noqa: S105 - the word for an outcome
    NOT_SENT = "not-sent"
    PARTLY_SENT = "partly-sent"
    NO_ANSWER = "no-answer"
    PARTIAL_REPLY = "partial-reply"
    RESET_ON_REUSE = "reset-on-reuse"
    REPLIED = "replied"
    ACCEPTED = "accepted"
    EMPTY_REPLY = "empty-reply"
    REDIRECTED = "redirected"
    NOT_AUTHORISED = "not-authorised"
    NO_SUCH_ENDPOINT = "no-such-endpoint"
    REQUEST_TIMED_OUT = "request-timed-out"
    TOO_MANY = "too-many"
    HTTP_REFUSED = "http-refused"
    FAULT_REFUSED = "fault-refused"
    FAULT_TECHNICAL = "fault-technical"
    FAULT_NEVER = "fault-never"
    FAULT_CREDENTIALS = "fault-credentials"
    SERVER_ERROR = "server-error"
    BAD_GATEWAY = "bad-gateway"
    UNAVAILABLE = "unavailable"
    GATEWAY_TIMED_OUT = "gateway-timed-out"
    GARBAGE_REPLY = "garbage-reply"
    OVERSIZE_REPLY = "oversize-reply"
    CANNOT_CALL = "cannot-call"
    TRANSFORM_FAILED = "transform-failed"
    TRANSFORM_TOO_LONG = "transform-too-long"
    VALUE_NOT_MAPPED = "value-not-mapped"
    CROSS_REFERENCES_DOWN = "cross-references-down"
    FORWARDED = "forwarded"
    KILLED_WORKERS = "killed-workers"
    TAKEN = "taken"
    REJECTED = "rejected"
    BROKER_REFUSED = "broker-refused"
    NO_RECEIPT = "no-receipt"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    when: str
    """What was seen, for a person."""
    idempotent: Meaning
    """For a route whose target may get a message twice."""
    other: Meaning
    """For every other route."""
    trouble: bool = False
    """It says something about the partner as a whole: it counts for the breaker."""

    def meaning(self, idempotent: bool) -> Meaning:
        """Return what the outcome means for such a route."""
        return self.idempotent if idempotent else self.other


def _same(when: str, meaning: Meaning, trouble: bool = False) -> Row:
    return Row(when, meaning, meaning, trouble)


def _unsure(when: str, trouble: bool = True) -> Row:
    return Row(when, Meaning.WAITING, Meaning.IN_DOUBT, trouble)


TABLE: Mapping[Outcome, Row] = MappingProxyType(
    {
        Outcome.NOT_CONNECTED: _same("refused or timed out before a connection stood", Meaning.WAITING, True),
        Outcome.NAME_UNKNOWN: _same("the partner's host name is not known", Meaning.WAITING, True),
        Outcome.TLS_FAILED: _same("the TLS handshake or its certificate failed", Meaning.WAITING, True),
        Outcome.NO_TOKEN: _same("the token endpoint gave no token, so nothing was sent", Meaning.WAITING, True),
        Outcome.NOT_SENT: _same("the worker gave up before the first byte", Meaning.QUEUED),
        Outcome.PARTLY_SENT: _same(
            "the connection ended before the whole request was written, so no whole document arrived",
            Meaning.WAITING,
            True,
        ),
        Outcome.NO_ANSWER: _unsure("the request was fully written and no answer came"),
        Outcome.PARTIAL_REPLY: _unsure("the answer broke off"),
        Outcome.RESET_ON_REUSE: _unsure("a kept-alive connection was closed without a byte of answer", False),
        Outcome.REPLIED: _same("200 with a SOAP body that is no Fault", Meaning.DELIVERED),
        Outcome.ACCEPTED: _same("2xx without a body, from a one-way operation", Meaning.DELIVERED),
        Outcome.EMPTY_REPLY: _unsure("2xx without a body, from an operation that promises a reply", False),
        Outcome.REDIRECTED: _same("3xx; redirects are not followed", Meaning.WAITING, True),
        Outcome.NOT_AUTHORISED: _same("401, 403 or 407", Meaning.WAITING, True),
        Outcome.NO_SUCH_ENDPOINT: _same("404, 405 or 410: the service is not there (now)", Meaning.WAITING, True),
        Outcome.REQUEST_TIMED_OUT: _same("408: the partner did not get the whole request", Meaning.WAITING, True),
        Outcome.TOO_MANY: _same("429", Meaning.WAITING),
        Outcome.HTTP_REFUSED: _same("any other 4xx without a Fault", Meaning.DEAD),
        Outcome.FAULT_REFUSED: _same(
            "a Client or Sender Fault, or one whose detail is a fault the contract declares", Meaning.REFUSED
        ),
        Outcome.FAULT_TECHNICAL: _same("a Server or Receiver Fault, or one of an unknown code", Meaning.WAITING),
        Outcome.FAULT_NEVER: _same("a MustUnderstand, VersionMismatch or DataEncodingUnknown Fault", Meaning.DEAD),
        Outcome.FAULT_CREDENTIALS: _same("a WS-Security Fault", Meaning.WAITING, True),
        Outcome.SERVER_ERROR: _unsure("500 or another 5xx without a Fault"),
        Outcome.BAD_GATEWAY: _unsure("502 without a Fault"),
        Outcome.UNAVAILABLE: _same("503", Meaning.WAITING, True),
        Outcome.GATEWAY_TIMED_OUT: _unsure("504 without a Fault"),
        Outcome.GARBAGE_REPLY: _unsure("2xx with something that is no SOAP envelope, or one with a DOCTYPE"),
        Outcome.OVERSIZE_REPLY: _unsure("an answer larger than max_reply_bytes", False),
        Outcome.CANNOT_CALL: _same("the message cannot be put into the partner's operation", Meaning.DEAD),
        Outcome.TRANSFORM_FAILED: _same("a step failed on this document", Meaning.DEAD),
        Outcome.TRANSFORM_TOO_LONG: _same("a step took longer than `transforms.seconds`", Meaning.DEAD),
        Outcome.VALUE_NOT_MAPPED: _same(
            "a value map that must have every value has none for this one", Meaning.REFUSED
        ),
        Outcome.CROSS_REFERENCES_DOWN: _same("a step needs cross-references, whose database is away", Meaning.WAITING),
        Outcome.FORWARDED: _same("put on the next queue", Meaning.DELIVERED),
        Outcome.KILLED_WORKERS: _same("three workers in a row died while they had it", Meaning.DEAD),
        Outcome.TAKEN: _same("an application or a broker took it off its queue", Meaning.DELIVERED),
        Outcome.REJECTED: _same("the application that took it rejected it", Meaning.DEAD),
        Outcome.BROKER_REFUSED: _same("the broker refused it, so nothing was committed", Meaning.WAITING),
        Outcome.NO_RECEIPT: _unsure("the broker did not confirm that it committed", False),
    }
)
"""Every outcome and what it means."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP Fault of either version."""

    code: str
    """``{namespace}local``, or the bare word where the prefix means nothing."""
    text: str
    subcodes: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()
    """The names of the detail's elements, ``{namespace}local``."""
    detail_xml: str = ""
    """The detail element as XML, bounded."""


@dataclass(frozen=True, slots=True)
class Called:
    """What one call came to."""

    outcome: Outcome
    sentence: str
    http_status: int = 0
    """0 when no HTTP answer came."""
    fault: Fault | None = None
    raw: bytes = b""
    """The reply as it came."""
    body: bytes = b""
    """The reply's body element standing alone; empty when there is none or it was not asked for."""
    retry_after_ms: int = 0
    """What the partner asked for with ``Retry-After``."""


def of_fault(fault: Fault, declared: frozenset[str] = frozenset()) -> Outcome:
    """Return the outcome of a Fault; ``declared`` are the detail elements of the contract's faults."""
    if any(name in declared or name == OUAF_FAULT for name in fault.detail):
        return Outcome.FAULT_REFUSED
    if any(_WSSE in code for code in (fault.code, *fault.subcodes)):
        return Outcome.FAULT_CREDENTIALS
    namespace, _, local = fault.code.rpartition("}")
    if namespace.lstrip("{") not in ("", SOAP_11, SOAP_12):
        return Outcome.FAULT_TECHNICAL
    match local.split(".")[0]:
        case "Client" | "Sender":
            return Outcome.FAULT_REFUSED
        case "MustUnderstand" | "VersionMismatch" | "DataEncodingUnknown":
            return Outcome.FAULT_NEVER
    return Outcome.FAULT_TECHNICAL


_OF_STATUS = {
    401: Outcome.NOT_AUTHORISED,
    403: Outcome.NOT_AUTHORISED,
    404: Outcome.NO_SUCH_ENDPOINT,
    405: Outcome.NO_SUCH_ENDPOINT,
    407: Outcome.NOT_AUTHORISED,
    408: Outcome.REQUEST_TIMED_OUT,
    410: Outcome.NO_SUCH_ENDPOINT,
    429: Outcome.TOO_MANY,
    502: Outcome.BAD_GATEWAY,
    503: Outcome.UNAVAILABLE,
    504: Outcome.GATEWAY_TIMED_OUT,
}

DECIDED_BY_STATUS = frozenset({401, 403, 404, 405, 407, 408, 410, 429, 503})
"""Statuses that say more than a Fault beside them: the service itself was not reached."""


def of_status(status: int) -> Outcome:
    """Return the outcome of an answer that is no 2xx and carries no Fault."""
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if 300 <= status < 400:
        return Outcome.REDIRECTED
    return Outcome.HTTP_REFUSED if 400 <= status < 500 else Outcome.SERVER_ERROR
