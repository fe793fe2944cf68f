"""The store as the gateway uses it: accepting, over redis.asyncio."""

from collections.abc import Sequence
from typing import Any

import redis.asyncio
from redis.exceptions import NoScriptError, ResponseError

from jmswrap.message import Answer, Message, Record
from jmswrap.sealing import PLAIN, Keyring
from jmswrap.store import calls, checks, keys, packing
from jmswrap.store.calls import Call
from jmswrap.store.edge import edge, translated
from jmswrap.store.lua import script
from jmswrap.store.nouns import NO_CAP, Accepted, Limits
from jmswrap.store.pipeline import Pipeline


class AsyncStore:
    """One integration's messages, for an event loop. Make it after the fork."""

    def __init__(
        self,
        client: "redis.asyncio.Redis",
        prefix: str,
        limits: Limits | None = None,
        vouched: bool = False,
        ring: Keyring = PLAIN,
    ) -> None:
        self.client = client
        self.prefix = prefix
        self.limits = limits or Limits()
        self._pipelines = Pipeline(prefix, self.limits)
        self._vouched = vouched
        self._ring = ring

    def adopt(self, limits: Limits) -> None:
        """Go on with other limits, from the next call on."""
        self.limits, self._pipelines = limits, Pipeline(self.prefix, limits)

    async def accept(self, messages: Sequence[Message], canonical: Sequence[str] | None = None) -> list[Accepted]:
        """Put messages durably in one round trip, each by itself (see ``Store.accept``)."""
        todo = [
            calls.accept(message, other, self.limits.caps.get(message.queue, NO_CAP), self._ring)
            for message, other in zip(messages, canonical or [""] * len(messages), strict=True)
        ]
        answers = await self._run_all(todo) if todo else []
        return [
            translated(answer) if isinstance(answer, ResponseError) else calls.accepted(message, answer)
            for message, answer in zip(messages, answers, strict=True)
        ]

    async def ready(self) -> None:
        """Raise StoreDown or StoreUnsafe unless the server keeps what it is given."""
        with edge():
            facts = await checks.gather_async(self.client)
        checks.require_safe(facts, self._vouched, accepting=True)

    async def record(self, message_id: str) -> Record | None:
        """Return a message's record without its body; None when there is none."""
        with edge():
            packed: Any = await self.client.get(keys.message(self.prefix, message_id))
        return None if packed is None else packing.read_record(message_id, packed)

    async def body(self, message_id: str) -> bytes | None:
        """Return a message's body as accepted; Unopened when its key is not here."""
        with edge():
            found: Any = await self.client.mget(
                [keys.message(self.prefix, message_id), keys.body(self.prefix, message_id)]
            )
        record, stored = found
        if record is None or stored is None:
            return None
        return self._ring.open(stored, packing.read_record(message_id, record).bound_to or message_id)

    async def answer(self, message_id: str) -> Answer | None:
        """Return the answer kept for a message's caller; None when there is none (yet, or any more)."""
        with edge():
            kept: Any = await self.client.get(keys.answer(self.prefix, message_id))
        return None if kept is None else packing.read_answer(kept, message_id, self._ring)

    async def correlate(self, service: str, correlation_id: str, message_id: str, keep_ms: int, client: str) -> None:
        """Have the message found by its correlation id for a time; each client's by itself (empty: unknown)."""
        key = keys.correlated(self.prefix, service, correlation_id, client)
        with edge():
            await self.client.set(key, message_id, px=keep_ms)

    async def correlated(self, service: str, correlation_id: str, clients: Sequence[str]) -> list[str]:
        """Return the id of each client's last message of a service with a correlation id, where one is known."""
        names = [keys.correlated(self.prefix, service, correlation_id, client) for client in clients]
        with edge():
            found: Any = await self.client.mget(names)
        return [id.decode() for id in found if isinstance(id, bytes)]

    async def _run_all(self, todo: Sequence[Call]) -> list[Any]:
        with edge():
            answers = await self._pipeline(todo)
            missing = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
            if missing:
                for name in {todo[at].script for at in missing}:
                    await self.client.script_load(script(name).text)
                again = await self._pipeline([todo[at] for at in missing])
                for at, answer in zip(missing, again, strict=True):
                    answers[at] = answer
        return answers

    async def _pipeline(self, todo: Sequence[Call]) -> list[Any]:
        pipe: Any = self.client.pipeline(transaction=False)
        replicas = self._pipelines.fill(pipe, todo)
        return self._pipelines.answers(await pipe.execute(raise_on_error=False), replicas)
