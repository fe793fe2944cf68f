"""An XSLT 1.0 stylesheet as a step: bytes in, bytes out.

libxslt runs it with everything denied: no file, no address, no ``document()``. Stylesheets are
compiled once; several threads may use one. There is no time limit inside the process, because
libxslt cannot be interrupted: a worker's lease bounds what a runaway stylesheet can do, and
libxslt itself ends a recursion deeper than 3,000 templates.
"""

import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from jmswrap import xml
from jmswrap.errors import ConfigError, TransformError

Extensions = Mapping[tuple[str, str], Callable[..., Any]]
"""XPath functions by (namespace, name), as lxml wants them."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_DENY_ALL: Any = etree.XSLTAccessControl.DENY_ALL  # type: ignore[attr-defined]  # the stubs lack it


class Transform:
    """A compiled stylesheet. Calling it gives the result document's bytes."""

    def __init__(self, stylesheet: Path, extensions: Extensions | None = None) -> None:
        self.stylesheet = stylesheet
        self._extensions = dict(extensions or {})
        self._tree = _parsed(stylesheet)
        # An XSLT object keeps its last messages, so each thread has its own.
        self._threads = threading.local()
        self._compiled()

    def __call__(self, document: bytes, parameters: Mapping[str, str] | None = None) -> bytes:
        """Transform; parameters are strings, whatever is in them. Raises TransformError."""
        style: Any = self._compiled()
        given = {name: etree.XSLT.strparam(value) for name, value in (parameters or {}).items() if _NAME.match(name)}
        try:
            source = etree.fromstring(document, self._threads.parser)
            if source.getroottree().docinfo.doctype:
                raise TransformError(f"{self.stylesheet.name}: the document has a DOCTYPE; send it without one")
            result = style(source, **given)
        except etree.XMLSyntaxError as error:
            raise TransformError(f"{self.stylesheet.name}: what came is not XML: {error}") from error
        except etree.XSLTError as error:
            raise TransformError(self._said(style, error)) from error
        return self._written(result)

    def _compiled(self) -> Any:
        style = getattr(self._threads, "style", None)
        if style is None:
            try:
                style = etree.XSLT(self._tree, extensions=self._extensions, access_control=_DENY_ALL)
            except etree.XSLTParseError as error:
                raise ConfigError(_place(self.stylesheet, error.error_log, str(error))) from error
            self._threads.style = style
            self._threads.parser = xml.parser()
        return style

    def _written(self, result: Any) -> bytes:
        root = result.getroot()
        if root is None:
            raise TransformError(f"{self.stylesheet.name}: the result has no element; a message needs one")
        return xml.standalone(root)

    def _said(self, style: Any, error: etree.XSLTError) -> str:
        said = dict.fromkeys(entry.message for entry in style.error_log if entry.message not in ("", "unknown error"))
        return _place(self.stylesheet, style.error_log, "; ".join(said) or str(error))


def _parsed(stylesheet: Path) -> etree._ElementTree:
    try:
        tree = etree.fromstring(stylesheet.read_bytes(), xml.parser(), base_url=str(stylesheet)).getroottree()
    except OSError as error:
        raise ConfigError(f"{stylesheet} cannot be read: {error.strerror}") from error
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"{stylesheet}:{error.lineno or 0}: the stylesheet is not XML: {error.msg}") from error
    root = tree.getroot()
    if root.tag not in (f"{_XSL}stylesheet", f"{_XSL}transform"):
        raise ConfigError(f"{stylesheet}:{root.sourceline}: <{root.tag}> is no XSLT 1.0 stylesheet")
    for tag in ("import", "include"):
        for element in root.iterfind(f"{_XSL}{tag}"):
            raise ConfigError(f"{stylesheet}:{element.sourceline}: xsl:{tag} is not supported; put it into this file")
    return tree


def _place(stylesheet: Path, entries: Any, said: str) -> str:
    line = next((entry.line for entry in entries if entry.line), 0)
    return f"{stylesheet.name}{f':{line}' if line else ''}: {' '.join(said.split())}"
