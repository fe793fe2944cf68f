"""What a simulated partner does, step by step: a scenario from a YAML file.

Steps follow each other by the number of requests or by time. The first rule that fits a
request, of the step and then of the whole scenario, says what happens to it.
"""

import json
import random
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from lxml import etree
from pydantic import Field, ValidationError, model_validator

from jmswrap import clock
from jmswrap.config import sentences
from jmswrap.config.basis import Settings
from jmswrap.errors import ConfigError

Compile = Callable[[str], Callable[[etree._Element], Any]]
"""Makes an XPath into what is asked of a body."""

_SAID = {"extra_forbidden": "a scenario has no such key here", "missing": "it must be given"}
"""pydantic's findings in our words; its own do for the others."""


class Blame(StrEnum):
    """Whose fault a Fault says it was."""

    CLIENT = "client"
    SERVER = "server"


class Drop(StrEnum):
    """When a connection is closed instead of answering."""

    BEFORE = "before"
    AFTER = "after"
    MIDWAY = "midway"


class FaultSettings(Settings):
    """A SOAP Fault; the message is not applied."""

    code: Blame = Field(Blame.SERVER, description="`client` or `server`.")
    text: str = Field("the simulated partner was told to say so", description="Its text.")
    declared: bool = Field(False, description="With a sample of the fault detail that the operation declares.")


class Latency(Settings):
    """How long answers take: always the same, evenly spread, or around a mean."""

    ms: float = Field(0, ge=0, description="The same for all.")
    from_ms: float = Field(0, ge=0, description="Evenly spread, from here.")
    to_ms: float = Field(0, ge=0, description="To here.")
    mean_ms: float = Field(0, ge=0, description="A normal distribution around this.")
    deviation_ms: float = Field(0, ge=0, description="Its standard deviation.")

    @model_validator(mode="after")
    def _one_kind(self) -> "Latency":
        if sum((self.ms > 0, self.to_ms > 0, self.mean_ms > 0)) > 1 or self.from_ms > self.to_ms > 0:
            raise ValueError("give `ms`, or `from_ms` and a larger `to_ms`, or `mean_ms` and `deviation_ms`")
        return self

    def seconds(self, chance: random.Random) -> float:
        """Return how long one answer takes."""
        if self.to_ms:
            return chance.uniform(self.from_ms, self.to_ms) / 1000
        if self.mean_ms:
            return max(0.0, chance.gauss(self.mean_ms, self.deviation_ms)) / 1000
        return self.ms / 1000


ACTS = ("fault", "status", "drop", "late_seconds", "twice", "drift", "garbage", "callback_seconds", "away_seconds")
"""What a rule may do."""


class Rule(Settings):
    """For which requests, and what then: exactly one thing."""

    operation: str = Field("", description="Only requests for this operation.")
    when: str = Field("", description="Only bodies for which this XPath is true.")
    share: float = Field(1, gt=0, le=1, description="Only this share of them, by chance.")
    fault: FaultSettings | None = Field(None, description="Answer with a Fault, unapplied.")
    status: int | None = Field(None, ge=300, le=599, description="Answer with this HTTP status, unapplied.")
    retry_after_seconds: int | None = Field(None, ge=0, description="With `status`: the Retry-After header.")
    drop: Drop | None = Field(
        None, description="Close the connection: `before` or `after` applying it, or `midway` in the answer."
    )
    late_seconds: float | None = Field(None, gt=0, description="Apply it and answer so much later.")
    twice: bool = Field(False, description="Apply it and send the answer two times.")
    drift: bool = Field(False, description="Apply it and answer with an element that the contract does not have.")
    garbage: bool = Field(False, description="Apply it and answer with a page of HTML.")
    callback_seconds: float | None = Field(
        None, ge=0, description="Apply it, answer 202, and send the reply to its ReplyTo (on this machine) afterwards."
    )
    away_seconds: float | None = Field(None, gt=0, description="Drop it and refuse connections for so long.")

    @model_validator(mode="after")
    def _one_act(self) -> "Rule":
        given = [name for name in ACTS if getattr(self, name) not in (None, False)]
        if len(given) != 1:
            raise ValueError(f"a rule does exactly one of {', '.join(ACTS)}")
        if self.retry_after_seconds is not None and self.status is None:
            raise ValueError("`retry_after_seconds` goes with `status`")
        return self


class Step(Settings):
    """A part of the scenario, as long as it lasts."""

    name: str = Field("", description="Its name, for people.")
    requests: int = Field(0, ge=0, description="It is over after so many requests.")
    seconds: float = Field(0, ge=0, description="It is over after so long; with neither it stays.")
    latency: Latency | None = Field(None, description="How long answers take in it.")
    rules: tuple[Rule, ...] = Field((), description="What happens in it.")


class Password(Settings):
    """A user that the partner knows."""

    username: str = Field(min_length=1, description="The user's name.")
    password: str = Field(description="Where the password is: `env:NAME` or `file:PATH`.")


class Wanted(Settings):
    """What callers must show; others are refused."""

    basic: Password | None = Field(None, description="HTTP Basic.")
    username_token: Password | None = Field(None, description="A WS-Security UsernameToken, text or digest.")


class ScenarioSettings(Settings):
    """A scenario's file."""

    seed: int = Field(0, description="Makes chance repeatable.")
    latency: Latency = Field(Latency.model_validate({}), description="How long answers take.")
    authentication: Wanted = Field(Wanted.model_validate({}), description="What callers must show.")
    rules: tuple[Rule, ...] = Field((), description="What happens at any time, after the step's own rules.")
    steps: tuple[Step, ...] = Field((), description="What happens one after the other.")
    repeat: bool = Field(False, description="Begin again after the last step.")


def read(path: Path) -> ScenarioSettings:
    """Return a scenario; ConfigError with every mistake in it."""
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
        return ScenarioSettings.model_validate_json(json.dumps(data if data is not None else {}), strict=True)
    except OSError as error:
        raise ConfigError(f"the scenario {path} cannot be read: {error.strerror}; name another file") from error
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise ConfigError(f"the scenario {path} is not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        said = (
            f"`{sentences.path(found['loc'])}`: {_SAID.get(found['type'], found['msg'])}" for found in error.errors()
        )
        raise ConfigError(f"the scenario {path} cannot be used: {'; '.join(said)}") from error


class Scenario:
    """A scenario as it goes on; belongs to one thread."""

    def __init__(
        self, settings: ScenarioSettings, compiled: Compile, now: Callable[[], float] = clock.monotonic
    ) -> None:
        self.settings = settings
        self._chance = random.Random(settings.seed)  # noqa: S311 - repeatable chance is the point
        self._now = now
        rules = [*settings.rules, *(rule for step in settings.steps for rule in step.rules)]
        self._when: Mapping[str, Callable[[etree._Element], Any]] = {r.when: compiled(r.when) for r in rules if r.when}
        self._index = 0
        self._requests = 0
        self._since = now()

    def act(self, operation: str, body: etree._Element) -> Rule | None:
        """Count a request and return the rule that says what happens to it; None: nothing special."""
        step = self.step()
        self._requests += 1
        for rule in (*(step.rules if step else ()), *self.settings.rules):
            if self._fits(rule, operation, body):
                return rule
        return None

    def delay_seconds(self) -> float:
        """Return how long the next answer takes."""
        step = self._current()
        return (step.latency if step and step.latency else self.settings.latency).seconds(self._chance)

    def step(self) -> Step | None:
        """Return the step that the next request falls into; None before the first and after the last."""
        while (step := self._current()) is not None and self._is_over(step):
            # A step by time ends when its time is over, not when somebody looks.
            self._since = self._since + step.seconds if step.seconds and not step.requests else self._now()
            self._requests = 0
            self._index += 1
            if self.settings.repeat and self._index == len(self.settings.steps):
                self._index = 0
        return step

    def _current(self) -> Step | None:
        return self.settings.steps[self._index] if self._index < len(self.settings.steps) else None

    def _is_over(self, step: Step) -> bool:
        if step.requests and self._requests >= step.requests:
            return True
        return bool(step.seconds) and self._now() - self._since >= step.seconds

    def _fits(self, rule: Rule, operation: str, body: etree._Element) -> bool:
        if rule.operation not in ("", operation) or (rule.when and not self._when[rule.when](body)):
            return False
        return rule.share == 1 or self._chance.random() < rule.share
