"""pydantic's findings as sentences that say what to do."""

import types
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from jmswrap.config.settings import Config
from jmswrap.config.source import Where
from jmswrap.config.suggestions import did_you_mean

_EXPECTED = {
    "string_type": "text (put quotes around a number or a date)",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "model_type": "a section with keys of its own",
    "model_attributes_type": "a section with keys of its own",
    "dict_type": "a section that maps names to values",
    "tuple_type": "a list",
    "list_type": "a list",
}


def sentence(finding: ErrorDetails) -> str:
    """Return one sentence for a finding."""
    where: Where = finding["loc"]
    kind, given = finding["type"], finding.get("input")
    name = path(where)
    if kind == "extra_forbidden":
        return f"unknown key `{name}`{did_you_mean(str(where[-1]), keys_at(where[:-1]))}"
    if kind == "missing":
        return f"`{name}` is missing: {_meaning(where)}"
    if kind == "string_pattern_mismatch":
        bad = where[-2] if where[-1] == "[key]" else given
        return f"`{bad}` is not a name: a name begins with a letter, then letters, digits, `_`, `.`, `-`, at most 100"
    if kind in ("enum", "literal_error"):
        return f"`{name}` must be {_choices(where)}, not {_shown(given)}"
    if kind in _EXPECTED:
        return f"`{name}` must be {_EXPECTED[kind]}, not {_shown(given)}"
    return f"`{name}` is {_shown(given)}, but {_bound(finding)}"


def path(where: Where) -> str:
    """Return a place as a person writes it: ``routes.person.steps[1].xslt``."""
    text = ""
    for part in where:
        if part == "[key]":
            continue
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "the file"


def keys_at(where: Where) -> list[str]:
    """Return the keys that the section at a place may have."""
    model = _type_at(where)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [field.alias or name for name, field in model.model_fields.items()]
    return []


def _bound(finding: ErrorDetails) -> str:
    context = finding.get("ctx", {})
    for kind, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if kind in context:
            return f"it must be {words} {context[kind]:g}"
    if "min_length" in context:
        return f"it must have at least {context['min_length']} value"
    return finding["msg"][:1].lower() + finding["msg"][1:]


def _meaning(where: Where) -> str:
    model = _type_at(where[:-1])
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if (field.alias or name) == where[-1] and field.description:
                return field.description[:1].lower() + field.description[1:].rstrip(".")
    return "add it"


def _choices(where: Where) -> str:
    wanted = _type_at(where)
    if get_origin(wanted) is Literal:
        words = [str(value) for value in get_args(wanted)]
    elif isinstance(wanted, type) and issubclass(wanted, Enum):
        words = [str(member.value) for member in wanted]
    else:
        words = []
    return " or ".join(f"`{word}`" for word in words)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"`{text[:60]}…`" if len(text) > 60 else f"`{text}`"


def _type_at(where: Where) -> Any:
    wanted: Any = Config
    for part in where:
        wanted = _inside(plain(wanted), part)
        if wanted is None:
            return None
    return plain(wanted)


def _inside(wanted: Any, part: str | int) -> Any:
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        for name, field in wanted.model_fields.items():
            if part in (field.alias, name):
                return field.annotation
        return None
    arguments = get_args(wanted)
    if get_origin(wanted) is dict and part != "[key]":
        return arguments[1]
    if get_origin(wanted) is tuple and isinstance(part, int):
        return arguments[0]
    return None


def plain(wanted: Any) -> Any:
    """Return an annotation without what only narrows it: ``Annotated``, ``| None``."""
    while True:
        origin = get_origin(wanted)
        if origin is Annotated:
            wanted = get_args(wanted)[0]
        elif origin in (Union, types.UnionType):
            wanted = next(choice for choice in get_args(wanted) if choice is not type(None))
        else:
            return wanted
