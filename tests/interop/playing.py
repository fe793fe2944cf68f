"""Each toolchain against each service: import it, call it, ask what became of the message."""

import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from jmswrap.contract import answers
from jmswrap.states import State
from tests.interop import arguments
from tests.interop.published import Published
from tests.interop.toolchains import Said, Toolchain, Workbench

_ID = re.compile(r"""messageid(?:\s+xmlns="[^"]*")?\W+([0-9A-Za-z_-]{8,})""", re.IGNORECASE)
_STATE = re.compile(rf"\b({'|'.join(state.value for state in State)})\b")


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one toolchain and one service."""

    tool: str
    title: str
    style: str
    operation: str
    derived: bool
    """Whether the request needs ``xsi:type``."""
    calls: bool
    """Whether the toolchain calls at all."""
    imported: bool = False
    called: str = ""
    """What the call gave: a receipt's status, the style's own answer; empty when it failed or is not made."""
    asked: str = ""
    """The state that ``GetMessageStatus`` told."""
    trouble: str = ""
    text: str = ""

    @property
    def passed(self) -> bool:
        """Whether all was done that the toolchain does."""
        if not self.calls:
            return self.imported
        return bool(self.imported and self.called and not self.trouble)


Told = Callable[[Cell], None]


def play(bench: Workbench, tools: Sequence[Toolchain], services: Sequence[Published], told: Told) -> list[Cell]:
    """Play every cell, two toolchains at a time; within one, one service after another."""

    def column(tool: Toolchain) -> list[Cell]:
        return [_tell(_cell(bench, tool, service), told) for service in services]

    with ThreadPoolExecutor(2) as workers:
        return [cell for cells in workers.map(column, tools) for cell in cells]


def _tell(cell: Cell, told: Told) -> Cell:
    told(cell)
    return cell


def _cell(bench: Workbench, tool: Toolchain, service: Published) -> Cell:
    derived = arguments.derived_types(service.request)
    cell = partial(
        Cell, tool.name, service.title, service.style, service.operation.name, derived, calls=bool(tool.calling)
    )
    if tool.importing:
        said = bench.import_only(tool, str(service.copy) if tool.reads_file else service.wsdl)
        if said.status != 0 or not tool.calling:
            ok = said.status == 0
            return cell(imported=ok, trouble="" if ok else said.trouble, text=said.text)
    operation = service.operation
    said = bench.call(tool, service.wsdl, operation.name, arguments.written(service.request, tool))
    called = _called(said, service.style)
    if not called:
        return cell(imported=said.imported, trouble=said.trouble, text=said.text)
    found = _ID.search(said.text)
    if found is None or not service.asks:
        return cell(imported=True, called=called, text=said.text)
    status = bench.ask(tool, service.wsdl, answers.STATUS, json.dumps(_question(tool, found[1])))
    state = _STATE.search(status.result or "")
    if state is None:
        trouble = f"{answers.STATUS}: {status.trouble}"
        return cell(imported=True, called=called, trouble=trouble, text=status.text)
    return cell(imported=True, called=called, asked=state[1], text=said.text)


def _question(tool: Toolchain, message_id: str) -> dict[str, str]:
    if tool.name == "mono":
        # How .NET writes a choice of three elements of one type.
        return {"Item": message_id, "ItemElementName": "messageId"}
    return {"messageId" if tool.typed else f"{{{answers.NAMESPACE}}}messageId": message_id}


def _called(said: Said, style: str) -> str:
    """Return a word for what a call gave, or nothing when it is not what the style promises."""
    if style == "empty" and (said.result is not None or "202 Accepted" in said.text):
        return "taken"
    if said.result is None:
        return ""
    if style == "sync":
        return "answered"
    # JAX-WS RI's result is printed by its class when the partner's answer is in it.
    found = re.search(r"ACCEPTED|DUPLICATE|HybridResponse@", said.result)
    return found[0] if found else ""
