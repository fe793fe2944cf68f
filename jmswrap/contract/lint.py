"""What tools mind in a WSDL: rules, each with its reason and the tools that enforce it.

``refused``: a tool does not take the WSDL, or a call made with it fails. ``minded``: it is
taken, with a loss or a warning. ``note``: worth knowing.
"""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from jmswrap.contract import lint_schemas, lint_wsdl
from jmswrap.contract.bundle import Bundle, copy
from jmswrap.contract.lint_nouns import MINDED, REFUSED, Finding, Remark, Rule
from jmswrap.contract.lint_subject import Subject
from jmswrap.contract.schemas import Schemas
from jmswrap.errors import ContractError

RULES: tuple[Rule, ...] = (*lint_wsdl.RULES, *lint_schemas.RULES)
_UNREADABLE = "unreadable"
_COMPILES = "schema-compiles"
_AMBIGUOUS = "ambiguous-content"


def lint(source: str, allow: tuple[str, ...] = (), catalog: Mapping[str, Path] | None = None) -> tuple[Finding, ...]:
    """Return what tools mind in a WSDL, a path or an http(s) address, gravest first.

    ``ContractError`` when the WSDL itself is not there or is no WSDL.
    """
    with tempfile.TemporaryDirectory(prefix="jmswrap-lint-") as folder:
        bundle = copy(source, Path(folder), allow, catalog)
        found = [*_remarks(bundle.wsdl)]
        return tuple(sorted((_finding(remark, bundle) for remark in found), key=lambda f: (f.rank, f.place, f.rule)))


def _remarks(wsdl: Path) -> Iterable[Remark]:
    try:
        subject = Subject.of(wsdl)
    except ContractError as error:
        return [Remark(_UNREADABLE, REFUSED, "every tool", "", str(error))]
    found = [
        Remark(rule.name, rule.severity, rule.tools, place, f"{said}; {rule.reason}.")
        for rule in RULES
        for place, said in rule.check(subject)
    ]
    return [*found, *_compiled(wsdl)]


def _compiled(wsdl: Path) -> list[Remark]:
    try:
        warnings = Schemas.of(wsdl).warnings
    except ContractError as error:
        return [Remark(_COMPILES, REFUSED, "every tool that validates", "", str(error))]
    return [Remark(_AMBIGUOUS, MINDED, "Xerces, JAXB, .NET", "", warning) for warning in warnings]


def _finding(remark: Remark, bundle: Bundle) -> Finding:
    """Put a remark's place in terms of the source, not of the copy."""
    whole = f"{remark.place}: {remark.sentence}" if remark.place else remark.sentence
    told = bundle.in_source(whole)
    place, colon, sentence = told.partition(": ")
    if colon and place.rpartition(":")[2].isdigit():
        return Finding(remark.rule, remark.severity, remark.tools, place, sentence)
    return Finding(remark.rule, remark.severity, remark.tools, "", told)
