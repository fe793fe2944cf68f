"""Secrets by reference: ``env:NAME`` or ``file:PATH``, resolved when a process starts.

The file of an integration names where a secret is and never holds one. What was resolved
shows itself nowhere: not in ``repr``, not in a sentence, not in a log.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jmswrap.errors import ConfigError

MOST_BYTES = 65_536
"""A secret is short; whatever is longer is another file."""

_ENVIRONMENT = re.compile(r"^env:[A-Za-z_][A-Za-z0-9_]*$")
_FILE = re.compile(r"^file:\S.*$")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that was resolved."""

    reference: str
    """Where it came from: ``env:NAME`` or ``file:PATH``."""
    value: bytes = field(repr=False)
    """The secret itself, without the line end of its file."""

    @property
    def text(self) -> str:
        """The secret as text; ConfigError when it is no UTF-8."""
        try:
            return self.value.decode("utf-8")
        except UnicodeDecodeError:
            # The cause would show bytes of the secret.
            raise ConfigError(f"The secret at `{self.reference}` is no UTF-8 text: write it anew.") from None


def is_reference(text: str) -> bool:
    """Tell whether a text has the form of a reference."""
    return bool(_ENVIRONMENT.match(text) or _FILE.match(text))


def misplaced(setting: str) -> str:
    """Return what to say of a setting that is no reference; what it holds may be the secret, so it is not repeated."""
    return f"`{setting}` must be a reference, `env:NAME` or `file:PATH`: this file is not a place for secrets"


def resolve(reference: str, folder: Path, environment: Mapping[str, str]) -> Secret:
    """Return the secret that a reference means; ConfigError says what to do when there is none.

    The path of a file is relative to ``folder``; one line end at the end of a file is not
    part of the secret.
    """
    if not is_reference(reference):
        raise ConfigError("A secret must be given as `env:NAME` or `file:PATH`.")
    kind, _, place = reference.partition(":")
    value = _of_file(reference, folder / place) if kind == "file" else environment.get(place, "").encode()
    if not value:
        where = f"set the environment variable {place}" if kind == "env" else f"write it into {folder / place}"
        raise ConfigError(f"There is no secret at `{reference}`: {where}.")
    return Secret(reference, value)


def _of_file(reference: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"There is no secret at `{reference}`: write it into {path}.") from None
    except OSError as error:
        raise ConfigError(
            f"The secret at `{reference}` cannot be read ({error.strerror}): let this process read {path}."
        ) from error
    if len(content) > MOST_BYTES:
        raise ConfigError(f"The file at `{reference}` is larger than {MOST_BYTES} bytes: it is no secret.")
    return content.removesuffix(b"\n").removesuffix(b"\r")
