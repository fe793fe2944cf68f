"""``docs/configuration.md``, made from the settings table.

Run ``python -m jmswrap.config.document > docs/configuration.md`` after a change; a test
holds the file fresh.
"""

import sys
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from jmswrap.config import sentences
from jmswrap.config.settings import Config

_HEAD = """# Configuration: every key of `jmswrap.yaml`

This page is made from the settings table (`jmswrap/config/*settings.py`); do not edit it by hand.

An integration is a folder with a `jmswrap.yaml`; paths in it are relative to that folder. An unknown key, a wrong type
or a name that nothing has is a problem, never a default: `jmswrap check` lists every problem with its line.

Values may be laid over the file by the environment: `JMSWRAP_OVERRIDES` holds JSON of the same form, for instance
`{"store": {"url": "redis://store:6379"}, "partners": {"mdm": {"address": "https://mdm.example/ws"}}}`. `JMSWRAP_CONFIG`
names the file where `-c` does not.
"""

_TYPES = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}


def document() -> str:
    """Return the page."""
    return _HEAD + "".join(_section(title, model) for title, model in _sections())


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield every section once, in the order in which a reader meets it."""
    waiting: list[tuple[str, type[BaseModel]]] = [("", Config)]
    seen: set[type[BaseModel]] = set()
    while waiting:
        title, model = waiting.pop(0)
        if model in seen:
            continue
        seen.add(model)
        yield title, model
        for name, field in model.model_fields.items():
            key = f"{title}.{field.alias or name}".lstrip(".")
            kind = sentences.plain(field.annotation)
            if get_origin(kind) is dict:
                kind, key = sentences.plain(get_args(kind)[1]), f"{key}.NAME"
            elif get_origin(kind) is tuple:
                kind, key = sentences.plain(get_args(kind)[0]), f"{key}[]"
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                waiting.append((key, kind))


def _section(title: str, model: type[BaseModel]) -> str:
    lines = [f"\n## `{title}`\n" if title else "\n## The whole file\n", (model.__doc__ or "").split("\n")[0], ""]
    lines += ["| key | value | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        cells = (f"`{field.alias or name}`", _kind(field), _default(field), field.description or "")
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _kind(field: FieldInfo) -> str:
    kind = sentences.plain(field.annotation)
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if get_origin(kind) is dict:
        return "sections by name" if _is_model(sentences.plain(get_args(kind)[1])) else "text by name"
    if get_origin(kind) is tuple:
        inner = sentences.plain(get_args(kind)[0])
        if isinstance(inner, type) and issubclass(inner, Enum):
            return f"list of {', '.join(f'`{one.value}`' for one in inner)}"
        return "list of sections" if _is_model(inner) else f"list of {_TYPES[inner]}s"
    if _is_model(kind):
        return "section"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{member.value}`" for member in kind)
    return _TYPES[kind] + _limits(field)


def _limits(field: FieldInfo) -> str:
    words = []
    for attribute, sign in (("ge", "≥"), ("gt", ">"), ("le", "≤")):
        for rule in field.metadata:
            if getattr(rule, attribute, None) is not None:
                words.append(f"{sign} {getattr(rule, attribute):g}")
    return f" ({', '.join(words)})" if words else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel | dict) or value in ("", None, ()):
        return "–"
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, tuple):
        value = f"[{', '.join(f'{item:g}' for item in value)}]"
    return f"`{value}`"


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


if __name__ == "__main__":
    sys.stdout.write(document())
