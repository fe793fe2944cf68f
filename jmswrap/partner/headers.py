"""A SOAP header block of the partner's own, from a file with places to fill in.

``${id}`` is a new UUID, ``${now}`` the time in UTC, ``${operation}`` the operation's name;
``${env:NAME}`` and ``${file:PATH}`` are secrets. What is filled in is escaped.
"""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

from jmswrap import xml
from jmswrap.config import secrets
from jmswrap.errors import ConfigError
from jmswrap.partner.credential import Credential

_PLACE = re.compile(r"\$\{([^{}]*)\}")
_QUOTES = {'"': "&quot;", "'": "&apos;"}


class HeaderBlock:
    """One block; ConfigError at the start when the file is none."""

    def __init__(self, path: Path, secret: Callable[[str], Credential]) -> None:
        try:
            template = path.read_text("utf-8-sig")
            etree.fromstring(_PLACE.sub("0", template).encode(), xml.parser())
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
        except (etree.XMLSyntaxError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is no XML element: {error}") from None
        pieces = _PLACE.split(re.sub(r"^\s*<\?xml.*?\?>\s*", "", template))
        self._texts, names = pieces[0::2], pieces[1::2]
        self._values = [_value(name, path, secret) for name in names]

    def text(self, operation: str) -> str:
        """Return the block for one attempt."""
        filled = [escape(value(operation), _QUOTES) for value in self._values]
        return "".join(text for pair in zip(self._texts, [*filled, ""], strict=True) for text in pair)


def _value(name: str, path: Path, secret: Callable[[str], Credential]) -> Callable[[str], str]:
    if secrets.is_reference(name):
        found = secret(name)
        return lambda _: found.text
    if name == "id":
        return lambda _: str(uuid.uuid4())
    if name == "now":
        return lambda _: datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if name == "operation":
        return lambda operation: operation
    raise ConfigError(
        f"{path} has ${{{name}}}: it may have ${{id}}, ${{now}}, ${{operation}}, ${{env:NAME}} and ${{file:PATH}}"
    )
