"""Do the published contracts say what callers get? The reply style of each route against its operations."""

from collections.abc import Iterator

from jmswrap.app.contracts import Contracts
from jmswrap.config.route_settings import AnswerStyle, Route
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding
from jmswrap.contract import answers, receipt
from jmswrap.contract.nouns import RPC, Operation
from jmswrap.contract.outputs import UNSAYABLE

_OURS = {AnswerStyle.RECEIPT: receipt.ACCEPT_RESPONSE, AnswerStyle.HYBRID: answers.HYBRID_RESPONSE}


def styles_fit(config: Config, contracts: Contracts) -> Iterator[Finding]:
    """Yield the operations whose contract promises another answer than their route gives."""
    for name, route, operation in _taken(config, contracts):
        yield from _operation(name, route, operation, contracts)


def imprudent(config: Config, contracts: Contracts) -> Iterator[Finding]:
    """Yield the operations whose contract promises an answer of its own, while callers get a receipt."""
    for name, route, operation in _taken(config, contracts):
        if route.answer is AnswerStyle.RECEIPT and _promised(operation) == "another element":
            said = f"the contract of `{route.source.service}` says that operation `{operation.name}` answers"
            end = "give the service the WSDL that `jmswrap wrap` derives, or choose another `answer`"
            promised = operation.reply_element or "something else"
            yield ("routes", name), f"{said} {promised}, but callers get a receipt: {end}"


def _taken(config: Config, contracts: Contracts) -> Iterator[tuple[str, Route, Operation]]:
    """Yield each route with the operations that it takes."""
    for name, route in config.routes.items():
        port = contracts.service_ports.get(route.source.service or "")
        if port is None:
            continue
        named = {r.source.operation for r in config.routes.values() if r.source.service == route.source.service}
        for operation in port.usable:
            if route.source.operation == operation.name or (not route.source.operation and operation.name not in named):
                yield name, route, operation


def _operation(name: str, route: Route, operation: Operation, contracts: Contracts) -> Iterator[Finding]:
    where = ("routes", name, "answer")
    said = f"the contract of `{route.source.service}` says that operation `{operation.name}`"
    end = f"run `jmswrap republish {route.source.service}`, or correct the contract"
    promised = _promised(operation)
    if route.answer is AnswerStyle.SYNC:
        yield from _sync(name, route, operation, contracts)
        target = _target(route, operation, contracts)
        # A partner may be a jmswrap itself, whose receipts pass straight through.
        if promised != "another element" and (target is None or target.reply_element != operation.reply_element):
            yield where, f"{said} answers {promised}, but route `{name}` is `sync`: {end}"
    elif operation.one_way is not (route.answer is AnswerStyle.EMPTY):
        yield where, f"{said} answers {promised}, but route `{name}` is `{route.answer}`: {end}"
    elif route.answer is AnswerStyle.HYBRID and operation.reply_element != _OURS[route.answer]:
        yield where, f"{said} answers {promised}, but route `{name}` is `hybrid`: {end}"
    elif route.answer is AnswerStyle.RECEIPT and promised == "a receipt that may hold the answer":
        yield where, f"{said} answers {promised}, but route `{name}` is `receipt`: {end}"


def _promised(operation: Operation) -> str:
    if operation.one_way:
        return "nothing"
    if operation.reply_element == receipt.ACCEPT_RESPONSE:
        return "a receipt"
    return "a receipt that may hold the answer" if operation.reply_element in _OURS.values() else "another element"


def _target(route: Route, operation: Operation, contracts: Contracts) -> Operation | None:
    port = contracts.partner_ports.get(route.to.partner or "")
    return port.operations.get(route.to.operation or operation.name) if port else None


def _sync(name: str, route: Route, operation: Operation, contracts: Contracts) -> Iterator[Finding]:
    target = _target(route, operation, contracts)
    if target is not None and target.one_way:
        said = f"operation `{target.name}` of `{route.to.partner}` is one-way and answers nothing"
        yield ("routes", name, "answer"), f"{said}, so route `{name}` cannot be `sync`: choose another"
    if target is not None and target.reply is not None and target.reply.form != RPC:
        said = f"operation `{target.name}` of `{route.to.partner}` answers {UNSAYABLE[target.reply.form]}"
        yield ("routes", name, "answer"), f"{said}, so route `{name}` cannot be `sync`: choose another"
