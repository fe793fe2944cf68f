"""Text of callers and partners on its way to a terminal: without the characters that would steer it."""

import re

_INSTEAD = "\ufffd"
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def harmless(text: str) -> str:
    """Return one line's text with a mark in place of each character that cannot be seen."""
    return "".join(letter if letter.isprintable() else _INSTEAD for letter in text)


def harmless_document(text: str) -> str:
    """Return a document with a mark in place of each control character but those of lines and tabs."""
    return _CONTROLS.sub(_INSTEAD, text.replace("\r\n", "\n"))
