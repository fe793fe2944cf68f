"""Stylesheets of XSLT 2.0 and 3.0: run by Saxon, where it is installed, in a process of its own.

The vendor's functions are not offered to them. What takes too long ends with Saxon's process,
and the next one begins with another.
"""

import importlib.util
import json
import os
import select
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path

from lxml import etree

from jmswrap import clock, xml
from jmswrap.errors import ConfigError, TransformError, TransformTooLong
from jmswrap.transform.calls import calls
from jmswrap.transform.expressions import XSL
from jmswrap.transform.oracle.namespaces import ORA, VENDOR
from jmswrap.transform.resources import Resources

HEAD = struct.Struct("!II")
"""Before a question the lengths of its two parts; before an answer whether it is a result, and its length."""

START_SECONDS = 60.0
"""How long Saxon may take to start and to compile a stylesheet."""

_SHEETS = tuple(f"{XSL}{name}" for name in ("import", "include", "use-package"))


class Later:
    """One Saxon process, started when it is first needed. Safe for threads and across a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process_id = os.getpid()
        self._running: list[subprocess.Popen[bytes]] = []
        self._compiled: set[Path] = set()
        weakref.finalize(self, _end, self._running)

    def ask(self, stylesheet: Path, document: bytes, parameters: Mapping[str, str], seconds: float) -> bytes:
        """Return the result, without a document nothing: the stylesheet is compiled. Raises TransformError."""
        with self._lock:
            try:
                return self._asked(stylesheet, document, parameters, seconds)
            except (OSError, EOFError):
                # Perhaps the document is not to blame: somebody ends all processes, or memory is short.
                _end(self._running)
            try:
                return self._asked(stylesheet, document, parameters, seconds)
            except (OSError, EOFError) as error:
                _end(self._running)
                raise TransformError(f"{stylesheet.name}: Saxon's process ended over it") from error

    def _asked(self, stylesheet: Path, document: bytes, parameters: Mapping[str, str], seconds: float) -> bytes:
        process = self._process()
        if stylesheet not in self._compiled:
            # Also in a process that follows one which ended: its start is not the document's time.
            self._question(process, stylesheet, b"", {}, START_SECONDS)
            self._compiled.add(stylesheet)
        return self._question(process, stylesheet, document, parameters, seconds) if document else b""

    def _question(
        self,
        process: "subprocess.Popen[bytes]",
        stylesheet: Path,
        document: bytes,
        parameters: Mapping[str, str],
        seconds: float,
    ) -> bytes:
        told = {"stylesheet": str(stylesheet), "parameters": dict(parameters), "seconds": seconds}
        settings = json.dumps(told).encode()
        try:
            return _answer(process, HEAD.pack(len(settings), len(document)) + settings + document, seconds)
        except TimeoutError:
            _end(self._running)
            sentence = f"ran longer than {seconds:g} s; mend the stylesheet, or raise `transforms.seconds`"
            raise TransformTooLong(f"{stylesheet.name} {sentence}") from None
        except (KeyboardInterrupt, SystemExit):
            # What it answers from now on would be taken for the answer to another question.
            _end(self._running)
            raise

    def _process(self) -> "subprocess.Popen[bytes]":
        if self._process_id != os.getpid():
            # It is the parent's, and so are its pipes.
            self._process_id = os.getpid()
            self._running.clear()
        if not self._running or self._running[0].poll() is not None:
            _end(self._running)
            self._compiled.clear()
            command = [sys.executable, "-m", "jmswrap.transform.saxon"]
            pipe = subprocess.PIPE
            started = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, bufsize=0)
            self._running.append(started)
        return self._running[0]


def checked(stylesheet: Path, root: etree._Element, resources: Resources) -> None:
    """Raise ConfigError for a stylesheet that Saxon is not to run here."""
    version = root.get("version", "")
    if importlib.util.find_spec("saxonche") is None:
        raise ConfigError(
            f"{stylesheet}:{root.sourceline}: the stylesheet is XSLT {version}, which needs Saxon: pip install "
            "'jmswrap[saxon]', or rewrite what needs the later version and write version=\"1.0\""
        )
    for path, sheet in _with_imports(stylesheet, root, resources, {stylesheet}):
        for called in calls(sheet):
            if called.namespace.startswith(VENDOR) or called.namespace == ORA:
                name = f"{called.prefix}:{called.name}"
                raise ConfigError(
                    f"{path}:{called.line}: {name} is offered to XSLT 1.0 only, and the stylesheet is XSLT {version}: "
                    "call it in a stylesheet of XSLT 1.0, a step before or after this one"
                )


def _with_imports(
    path: Path, root: etree._Element, resources: Resources, seen: set[Path]
) -> Iterator[tuple[Path, etree._Element]]:
    yield path, root
    for element in root.iter(*_SHEETS):
        found = resources.find(element.get("href", ""), path, ".xsl")
        if found != (path.parent / element.get("href", "")).resolve():
            raise ConfigError(
                f"{path}:{element.sourceline}: a stylesheet of XSLT 2.0 names others by their place relative to itself"
            )
        if found not in seen:
            seen.add(found)
            try:
                inner = etree.fromstring(found.read_bytes(), xml.parser())
            except etree.XMLSyntaxError as error:
                raise ConfigError(f"{found}:{error.lineno or 0}: the stylesheet is not XML: {error.msg}") from error
            yield from _with_imports(found, inner, resources, seen)


def _answer(process: "subprocess.Popen[bytes]", question: bytes, seconds: float) -> bytes:
    assert process.stdin is not None
    assert process.stdout is not None
    until = clock.monotonic() + seconds if seconds else None
    left = memoryview(question)
    while left:
        left = left[process.stdin.write(left) :]
    good, length = HEAD.unpack(_read(process.stdout.fileno(), HEAD.size, until))
    answer = _read(process.stdout.fileno(), length, until)
    if not good:
        raise TransformError(" ".join(answer.decode().split()))
    return answer


def _read(descriptor: int, length: int, until: float | None) -> bytes:
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    data = b""
    while len(data) < length:
        if until is not None and not waiting.poll(max(until - clock.monotonic(), 0) * 1000):
            raise TimeoutError
        piece = os.read(descriptor, length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _end(running: "list[subprocess.Popen[bytes]]") -> None:
    while running:
        process = running.pop()
        process.kill()
        process.wait()
        for end in (process.stdin, process.stdout):
            if end is not None:
                end.close()
