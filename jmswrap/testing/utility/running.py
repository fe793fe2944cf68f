"""The two applications as whoever plays with them sees them: start, ask, look into the books, stop."""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from jmswrap.errors import JmswrapError
from jmswrap.testing.utility import books
from jmswrap.testing.utility.application import Settings

CCB, MDM = "ccb", "mdm"


class ApplicationFailed(JmswrapError):
    """A simulated application could not do what it was asked, or ended."""


class Running:
    """One application in a process of its own."""

    def __init__(self, role: str, settings: Settings, environment: Mapping[str, str] | None = None) -> None:
        self.role = role
        self.books = Path(settings.books)
        command = [sys.executable, "-m", "jmswrap.testing.utility", role, json.dumps(asdict(settings))]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.address: str = self._line()["address"]

    def ask(self, what: str, **how: Any) -> Any:
        """Have the application do something; return what it says. Raises ApplicationFailed."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": what, **how}) + "\n")
        self._process.stdin.flush()
        said = self._line()
        if "error" in said:
            raise ApplicationFailed(f"{self.role} could not {said['error']}")
        return said["ok"]

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Return what stands in its books."""
        with closing(books.reading(self.books)) as database:
            return [dict(row) for row in database.execute(statement, values)]

    def number(self, statement: str, *values: Any) -> int:
        """Return one number out of its books."""
        with closing(books.reading(self.books)) as database:
            return int(database.execute(statement, values).fetchone()[0] or 0)

    def stop(self) -> None:
        """End it: its input ends."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ApplicationFailed(f"{self.role} ended with status {self._process.wait(30)}: see its log above")
        said: dict[str, Any] = json.loads(line)
        return said
