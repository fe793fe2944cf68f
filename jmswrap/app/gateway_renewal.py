"""How a gateway process adopts a new generation: everything is made beside the old, then calls go to it.

Calls under way end with what they began with; what they use is let go of when the last of them must
have ended.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from jmswrap.accept.commit import GroupCommit
from jmswrap.accept.hosting import Engine, Hosting, Renew
from jmswrap.accept.hosting import hosting as hosting_of
from jmswrap.app.answering import Answers, answers_of
from jmswrap.app.integration import Integration
from jmswrap.app.renewal import GATEWAY_LOOKS, Manner, Renewal
from jmswrap.app.stores import limits
from jmswrap.errors import ConfigError
from jmswrap.store.aio import AsyncStore
from jmswrap.store.refusals import Refusals
from jmswrap.store.store import Store

RETIRED_SECONDS = 700.0
"""How long a generation's answers are kept open after it: a caller waits for up to 600 s, a body takes its time."""

_SWITCH_SECONDS = 60.0
"""How long the event loop may take to go over."""


class Succession:
    """The answers of the generation that is served, and of those whose last calls may be under way."""

    def __init__(self, first: Answers) -> None:
        self.now = first
        self._before: set[asyncio.Task[None]] = set()
        self._closed = False

    def follow(self, answers: Answers) -> None:
        """Go on with others."""
        old, self.now = self.now, answers
        task = asyncio.get_running_loop().create_task(_later(old.close))
        self._before.add(task)
        task.add_done_callback(self._before.discard)

    async def close(self) -> None:
        """End what waits, of all of them."""
        for task in tuple(self._before):
            task.cancel()
        await asyncio.gather(*self._before, return_exceptions=True)
        await self.now.close()


async def _later(close: Callable[[], Awaitable[None]]) -> None:
    try:
        await asyncio.sleep(RETIRED_SECONDS)
    finally:
        await close()


@dataclass(frozen=True, slots=True)
class Parts:
    """What of a gateway process stays the same for all generations."""

    port: int
    commit: GroupCommit
    store: AsyncStore
    blocking: Store
    answering: Succession


class GatewayRenewals:
    """Looks for new generations for one gateway process."""

    def __init__(self, integration: Integration, engine: Engine, parts: Parts) -> None:
        self._engine, self._parts = engine, parts
        self._loop = asyncio.get_running_loop()
        self._renew: Renew | None = None
        refusals = Refusals(parts.blocking.client, integration.config.prefix)
        self._renewal = Renewal(integration, Manner("gateway", GATEWAY_LOOKS), self._adopt, refusals)
        self._begun = False

    def start(self, renew: Renew) -> None:
        """Begin to look."""
        self._renew, self._begun = renew, True
        self._renewal.start()

    def ask(self) -> None:
        """Look now."""
        self._renewal.ask()

    def stop(self) -> None:
        """Look no more; not in the event loop."""
        if self._begun:
            self._renewal.stop()

    def _adopt(self, new: Integration) -> None:
        parts = self._parts
        hosting = hosting_of(new.config, new.folder, public_address(new, parts.port))
        answers = answers_of(new, parts.commit, parts.store, parts.blocking)
        going_over = asyncio.run_coroutine_threadsafe(self._go_over(new, hosting, answers), self._loop)
        try:
            going_over.result(_SWITCH_SECONDS)
        except TimeoutError as error:
            going_over.cancel()
            raise ConfigError("the gateway was too busy to go over to it; send SIGHUP to try again") from error

    async def _go_over(self, new: Integration, hosting: Hosting, answers: Answers) -> None:
        if self._renew is not None:
            self._renew(hosting, replace(self._engine, answers=answers.answering))
        self._parts.store.adopt(limits(new.config))
        self._parts.answering.follow(answers)


def public_address(integration: Integration, port: int) -> str:
    """Return the address without a path that published WSDLs name."""
    gateway = integration.config.gateway
    host = f"[{gateway.host}]" if ":" in gateway.host else gateway.host
    scheme = "https" if gateway.tls.certificate else "http"
    return gateway.public_url.rstrip("/") or f"{scheme}://{host}:{port}"
