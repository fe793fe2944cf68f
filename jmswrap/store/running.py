"""Running scripts on a synchronous connection: one pipeline, NOSCRIPT, WAIT.

``aio.py`` has the same for asyncio.
"""

from collections.abc import Sequence
from typing import Any

import redis
from redis.exceptions import NoScriptError, ResponseError

from jmswrap.store.calls import Call
from jmswrap.store.edge import edge, translated
from jmswrap.store.lua import script
from jmswrap.store.nouns import Limits
from jmswrap.store.pipeline import Pipeline


class Runner:
    """Runs calls of scripts for one integration's prefix."""

    def __init__(self, client: redis.Redis, prefix: str, limits: Limits) -> None:
        self.client = client
        self.prefix = prefix
        self.limits = limits
        self._pipelines = Pipeline(prefix, limits)

    def run(self, call: Call) -> Any:
        """Run one call; raises StoreDown or StoreUnsafe."""
        (answer,) = self.run_all([call])
        if isinstance(answer, ResponseError):
            raise translated(answer) from answer
        return answer

    def run_all(self, calls: Sequence[Call]) -> list[Any]:
        """Run calls in one pipeline; a call that failed has its ResponseError as answer.

        Raises StoreDown when the connection failed and StoreUnsafe when replicas are missing.
        """
        with edge():
            answers = self._pipeline(calls)
            missing = [at for at, answer in enumerate(answers) if isinstance(answer, NoScriptError)]
            if missing:
                for name in {calls[at].script for at in missing}:
                    self.client.script_load(script(name).text)
                for at, answer in zip(missing, self._pipeline([calls[at] for at in missing]), strict=True):
                    answers[at] = answer
        return answers

    def _pipeline(self, calls: Sequence[Call]) -> list[Any]:
        pipe: Any = self.client.pipeline(transaction=False)
        replicas = self._pipelines.fill(pipe, calls)
        return self._pipelines.answers(pipe.execute(raise_on_error=False), replicas)
