"""What the operations of a derived contract answer, by their reply styles: messages and faults."""

from collections.abc import Mapping
from dataclasses import dataclass

from jmswrap.contract import answers, receipt
from jmswrap.contract.nouns import ENCODED, PARTS, RPC, Operation, Port
from jmswrap.errors import ContractError


@dataclass(frozen=True, slots=True)
class Output:
    """A WSDL message with one part that holds one element."""

    message: str
    part: str
    element: str


@dataclass(frozen=True, slots=True)
class DeclaredFault:
    """A fault of an operation that passes straight through."""

    name: str
    message: str
    element: str


# Not called `parameters`: .NET would make each operation a wrapper of its own for this one element.
_RECEIPT = Output("AcceptAnswer", "receipt", receipt.ACCEPT_RESPONSE)
_HYBRID = Output("HybridAnswer", "answer", answers.HYBRID_RESPONSE)

UNSAYABLE = {ENCODED: "in SOAP's encoding", PARTS: "with no element or several"}
"""Forms of a reply that cannot be passed on as one element of a schema."""

_SAID = {
    "receipt": "stores its request durably and answers with a receipt; the request is delivered afterwards",
    "empty": "stores its request durably and answers nothing; the request is delivered afterwards",
    "sync": "passes its request on and answers what the partner answers",
    "hybrid": "stores its request durably and answers with a receipt, and the partner's answer if it comes in time",
}


class Outputs:
    """The answers of a port's operations."""

    def __init__(self, port: Port, styles: Mapping[str, str], declared: frozenset[str], calls_back: bool) -> None:
        self._styles = styles
        self._outputs = {o.name: self._output(o, declared) for o in port.usable}
        self._faults = {o.name: self._declared_faults(o, declared) for o in port.usable}
        backed = [o for o in port.usable if calls_back and o.reply_element in declared]
        self.callbacks = [(o, Output(f"{o.name}Callback", "answer", o.reply_element)) for o in backed]
        """The operations whose answers can be sent to the caller's own service."""

    def style(self, operation: Operation) -> str:
        """Return an operation's style."""
        return self._style(operation.name)

    def of(self, operation: Operation) -> Output | None:
        """Return an operation's answer; None when it answers nothing."""
        return self._outputs[operation.name]

    def faults(self, operation: Operation) -> list[DeclaredFault]:
        """Return the faults an operation declares."""
        return self._faults[operation.name]

    @property
    def messages(self) -> list[Output]:
        """The messages of all answers, each once."""
        found = [output for output in self._outputs.values() if output is not None]
        found += [Output(f.message, "fault", f.element) for faults in self._faults.values() for f in faults]
        found += [output for _, output in self.callbacks]
        return list({one.message: one for one in found}.values())

    @property
    def names(self) -> list[str]:
        """The names that no other message may have."""
        ours = [f"Jmswrap{name}{end}" for name in answers.QUESTIONS for end in ("", "Response")]
        return [*(one.message for one in self.messages), *ours]

    @property
    def elements(self) -> list[str]:
        """The partner's elements in answers."""
        ours = (receipt.ACCEPT_RESPONSE, answers.HYBRID_RESPONSE)
        return [one.element for one in self.messages if one.element not in ours]

    @property
    def said(self) -> str:
        """What the operations do, for a person."""
        styles = {self._style(name) for name in self._outputs}
        if len(styles) == 1:
            return f"Each operation {_SAID[styles.pop()]}."
        by_style = {style: [name for name in self._outputs if self._style(name) == style] for style in styles}
        return " ".join(f"{', '.join(names)}: {_SAID[style]}." for style, names in sorted(by_style.items()))

    def _style(self, name: str) -> str:
        return self._styles.get(name) or self._styles.get("") or "receipt"

    def _output(self, operation: Operation, declared: frozenset[str]) -> Output | None:
        match self.style(operation):
            case "empty":
                return None
            case "hybrid":
                return _HYBRID
            case "sync":
                return _passed(operation, declared)
        return _RECEIPT

    def _declared_faults(self, operation: Operation, declared: frozenset[str]) -> list[DeclaredFault]:
        if self.style(operation) != "sync":
            return []
        found = [element for element in operation.faults if element in declared]
        return [DeclaredFault(local(e), f"{local(e)}Fault", e) for e in found]


def local(element: str) -> str:
    """Return an element's name without its namespace."""
    return element.rpartition("}")[2]


def _passed(operation: Operation, declared: frozenset[str]) -> Output:
    if operation.reply_element not in declared:
        why = "answers nothing" if operation.one_way else "answers with no element that a schema declares"
        raise ContractError(
            f"{operation.place}: operation {operation.name} {why}, so it cannot be `sync`; choose another answer."
        )
    if operation.reply is not None and operation.reply.form != RPC:
        why = f"answers {UNSAYABLE[operation.reply.form]}"
        raise ContractError(
            f"{operation.place}: operation {operation.name} {why}, so it cannot be `sync`; choose another answer."
        )
    return Output(f"{operation.name}Answer", operation.part or "parameters", operation.reply_element)
