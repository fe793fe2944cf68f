"""The errors that several folders know, in one tree; a finer one stands beside the code that raises it.

    JmswrapError
    ├── ConfigError          the integration folder is wrong; ``check`` lists every problem
    ├── ContractError        a WSDL or XSD cannot be used; says which construct and where
    ├── Refused              the caller's fault: nothing was queued
    │   ├── InvalidDocument      the body does not fit the contract (line, element)
    │   ├── UnknownOperation     no operation takes this body element
    │   └── IdReused             the same message id came with another body
    ├── Unavailable          ours: call again later
    │   ├── StoreDown            no connection, or no answer in time
    │   ├── StoreUnsafe          the server may lose messages, so nothing is accepted
    │   ├── QueueFull            the queue's backlog is at its cap
    │   ├── BrokerAway           a JMS broker is not there, or did not confirm what it was sent
    │   ├── HistoryDown          the history database did not take or give what it was asked
    │   ├── CrossReferencesDown  the cross-reference database did not
    │   └── Unopened             a body at rest cannot be opened with the keys that are here
    ├── TransformError       a step failed on this document; never retried
    │   ├── TransformTooLong     the step took longer than `transforms.seconds`
    │   ├── ValueNotMapped       a value map that must have every value lacks this one
    │   └── CrossReferenceError  a cross-reference is missing, there already, or declared nowhere
    ├── PartnerError         a call that could not be made as configured
    └── LifecycleError
        ├── IllegalMove          the message's state does not allow the move
        └── LeaseLost            another worker holds the message now

The sentence in an error is for a person and says what to do; ``code`` is for programs.
Anybody may import this module.
"""


class JmswrapError(Exception):
    """Root of the tree. ``str(error)`` is one sentence a person can act on."""

    code = "jmswrap"


class ConfigError(JmswrapError):
    """An integration's configuration cannot be used."""

    code = "config"


class ContractError(JmswrapError):
    """A WSDL or schema cannot be used; the sentence names the construct and the place."""

    code = "contract"


class Refused(JmswrapError):
    """The caller sent something that cannot be accepted; nothing was queued."""

    code = "refused"


class InvalidDocument(Refused):
    """The body does not fit the contract's schema.

    ``line`` is the line in the document as sent (0 when unknown), ``element`` the
    name of the element at fault, ``path`` where it stands, as an XPath (empty when unknown).
    """

    code = "invalid-document"

    def __init__(self, sentence: str, line: int = 0, element: str = "", path: str = "") -> None:
        super().__init__(sentence)
        self.line = line
        self.element = element
        self.path = path


class UnknownOperation(Refused):
    """No operation of the service takes this body element."""

    code = "unknown-operation"


class IdReused(Refused):
    """A message id came again with another body: two messages claim one identity."""

    code = "id-reused"


class Unavailable(JmswrapError):
    """jmswrap cannot do this now; the same call may succeed later."""

    code = "unavailable"


class StoreDown(Unavailable):
    """The Redis or Valkey server did not answer."""

    code = "store-down"


class StoreUnsafe(Unavailable):
    """The server could lose a message, so jmswrap accepts none."""

    code = "store-unsafe"


class QueueFull(Unavailable):
    """The queue holds as much as its cap allows, so it takes no message now."""

    code = "queue-full"


class BrokerAway(Unavailable):
    """A JMS broker cannot be reached, does not let us in or did not confirm; a bridge tries again."""

    code = "broker-away"


class HistoryDown(Unavailable):
    """The history database cannot be used now; deliveries go on without it."""

    code = "history-down"


class Unopened(Unavailable):
    """A body at rest cannot be opened: its key is not here, or (``damaged``) it was changed."""

    code = "unopened"

    def __init__(self, sentence: str, key: str, damaged: bool = False) -> None:
        super().__init__(sentence)
        self.key = key
        self.damaged = damaged


class CrossReferencesDown(Unavailable):
    """The cross-reference database cannot be used now; messages that need it wait."""

    code = "cross-references-down"


class TransformError(JmswrapError):
    """A transform cannot turn this document into its target; retrying will not help."""

    code = "transform"


class TransformTooLong(TransformError):
    """A transform took longer than it may; its process ends soon, because nothing can end the transform."""

    code = "transform-too-long"


class ValueNotMapped(TransformError):
    """A value map that must have every value has none for this one; a person adds a row."""

    code = "value-not-mapped"


class CrossReferenceError(TransformError):
    """A cross-reference is missing, there already, or declared nowhere."""

    code = "cross-reference"


class PartnerError(JmswrapError):
    """A partner cannot be called as configured (before any byte was sent)."""

    code = "partner"


class LifecycleError(JmswrapError):
    """A move that a message's life does not allow."""

    code = "lifecycle"


class IllegalMove(LifecycleError):
    """The message's state has no such transition."""

    code = "illegal-move"


class LeaseLost(LifecycleError):
    """The lease ran out and another worker may hold the message now."""

    code = "lease-lost"
