"""A rule of ``jmswrap lint``, and what it finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from jmswrap.contract.lint_subject import Subject

REFUSED = "refused"
MINDED = "minded"
NOTE = "note"
SEVERITIES = (REFUSED, MINDED, NOTE)

Check = Callable[[Subject], Iterable[tuple[str, str]]]
"""From a WSDL to the places where the rule is broken, with what stands there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    name: str
    severity: str
    tools: str
    """The tools that mind, for a sentence."""
    reason: str
    """Why, or what to do, as the end of a sentence."""
    check: Check


@dataclass(frozen=True, slots=True)
class Remark:
    """A rule broken somewhere in a copy of the contract."""

    rule: str
    severity: str
    tools: str
    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule broken, with its place in what was linted."""

    rule: str
    severity: str
    """``refused``, ``minded`` or ``note``."""
    tools: str
    place: str
    """File and line; empty when the finding has none."""
    sentence: str

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return SEVERITIES.index(self.severity)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.severity} ({self.tools}): {self.sentence} [{self.rule}]"
