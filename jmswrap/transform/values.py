"""What XPath hands to extension functions, as the text or the truth that XPath 1.0 means."""

import math
from typing import Any

from lxml import etree


def text(value: Any) -> str:
    """Return an argument's string value: a node-set's is that of its first node."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list):
        return text(value[0]) if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, etree._Element):
        if not len(value):
            return value.text or ""
        return str(etree.XPath("string()")(value))
    return str(value)


def number(value: Any) -> float:
    """Return an argument as a number: not a number when its text is none."""
    try:
        return float(value) if isinstance(value, float | bool) else float(text(value).strip())
    except ValueError:
        return math.nan


def truth(value: Any) -> bool:
    """Return whether an argument means true: `true()`, or the text `true` as stylesheets often give it."""
    if isinstance(value, list | str):
        return text(value).strip().lower() == "true"
    return bool(value)
