"""An XSLT stylesheet as a step: bytes in, bytes out. Versions after 1.0 are Saxon's (``later.py``).

libxslt runs it with everything denied: no file, no address, no ``document()``. What it imports or
includes is read from the integration's folder when it is compiled. Stylesheets are compiled once;
several threads may use one. What takes too long is given up (``limit.py``), and libxslt itself ends
a recursion deeper than 3,000 templates.
"""

import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

from jmswrap import xml
from jmswrap.errors import ConfigError, TransformError
from jmswrap.transform import dialect, earlier
from jmswrap.transform.current import Current
from jmswrap.transform.expressions import XSL
from jmswrap.transform.later import START_SECONDS, Later, checked
from jmswrap.transform.limit import TimeLimit
from jmswrap.transform.resources import Resources

Extensions = Mapping[tuple[str, str], Callable[..., Any]]
"""XPath functions by (namespace, name), as lxml wants them."""

EARLIER = ("1.0", "1.1")
"""The versions of stylesheets that libxslt runs."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_OURS = re.compile(r"jmswrap-[a-z0-9]+:")
_NO_NODES = "a path steps into what is a text, a number or a truth value, and has no nodes"
_DENY_ALL: Any = etree.XSLTAccessControl.DENY_ALL  # type: ignore[attr-defined]  # the stubs lack it


class Transform:
    """A compiled stylesheet. Calling it gives the result document's bytes."""

    def __init__(
        self,
        stylesheet: Path,
        extensions: Extensions | None = None,
        current: Current | None = None,
        resources: Resources | None = None,
        text_from: Path | None = None,
        limit: TimeLimit | None = None,
        later: Later | None = None,
    ) -> None:
        self.stylesheet = stylesheet
        self._limit = limit or TimeLimit(0)
        self._extensions = dict(extensions or {})
        self._current = current or Current()
        resources = resources or Resources(stylesheet.parent)
        self._tree = _parsed(stylesheet, _Imports(resources, stylesheet), text_from)
        self.documents: frozenset[str] = frozenset()
        """Its parameters that stand for further documents."""
        # An XSLT object keeps its last messages, so each thread has its own.
        self._threads = threading.local()
        self._later: Later | None = None
        later_refuses = self._no_saxon(text_from or stylesheet, resources)
        if self._tree.getroot().get("version", "1.0") in EARLIER or later_refuses:
            try:
                self._ready_here()
            except ConfigError as error:
                raise ConfigError(f"{later_refuses} ({error})" if later_refuses else str(error)) from error
        else:
            # libxslt would go on, and leave out without a word what it does not know.
            self._later, self._file = later or Later(), text_from or stylesheet
            self._compile_later()

    def _no_saxon(self, stylesheet: Path, resources: Resources) -> str:
        """Return why Saxon does not run a stylesheet of a later version; libxslt may, if it says the same in 1.0."""
        root = self._tree.getroot()
        if root.get("version", "1.0") in EARLIER:
            return ""
        for name, line in dialect.documents(root).items():
            return f"{stylesheet}:{line}: its parameter {name} stands for a further document, which Saxon is not given"
        try:
            checked(stylesheet, root, resources)
        except ConfigError as error:
            return str(error)
        return ""

    def _ready_here(self) -> None:
        root = _ready(self.stylesheet, self._tree.getroot())
        self.documents = frozenset(dialect.documents(root))
        # Its document goes on having the root that another one may stand in for.
        self._tree = etree.ElementTree(dialect.adapted(root))
        self._compiled()

    def __call__(self, document: bytes, parameters: Mapping[str, str] | None = None) -> bytes:
        """Transform; parameters are strings, whatever is in them. Raises TransformError."""
        if self._later is not None:
            return self._transformed_later(self._later, document, parameters or {})
        references = self._current.references

        def work() -> bytes:
            # Perhaps in another thread, which has a current message of its own.
            self._current.references = references
            return self._transformed(document, parameters or {})

        return self._limit.run(self.stylesheet.name, work)

    def _transformed(self, document: bytes, parameters: Mapping[str, str]) -> bytes:
        style: Any = self._compiled()
        before, kept = self._current.parameters, self._current.maps
        self._current.parameters, self._current.maps = parameters, {}
        given = {name: etree.XSLT.strparam(value) for name, value in parameters.items() if _NAME.match(name)}
        try:
            source = self._read(document, self._threads.parser)
            result = style(source, **given)
        except etree.XMLSyntaxError as error:
            raise TransformError(f"{self.stylesheet.name}: what came is not XML: {error}") from error
        except etree.XSLTError as error:
            raise TransformError(self._said(style, error)) from error
        except ConfigError as error:
            # A function met what only the stylesheet's values could name: a file, a column.
            raise TransformError(f"{self.stylesheet.name}: {error}") from error
        finally:
            self._current.parameters, self._current.maps = before, kept
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

    def _compile_later(self) -> None:
        try:
            if self._later is not None:
                self._later.ask(self._file, b"", {}, START_SECONDS)
        except TransformError as error:
            raise ConfigError(f"{self.stylesheet}: {error}") from error

    def _transformed_later(self, later: Later, document: bytes, parameters: Mapping[str, str]) -> bytes:
        given = {name: value for name, value in parameters.items() if _NAME.match(name)}
        try:
            source = xml.standalone(self._read(document, xml.parser()))
            result = etree.fromstring(later.ask(self._file, source, given, self._limit.seconds), xml.parser())
        except etree.XMLSyntaxError as error:
            raise TransformError(f"{self.stylesheet.name}: what came, or what it made, is not XML: {error}") from error
        return xml.standalone(result)

    def _read(self, document: bytes, parser: etree.XMLParser) -> etree._Element:
        source = etree.fromstring(document, parser)
        if xml.has_doctype(source):
            raise TransformError(f"{self.stylesheet.name}: the document has a DOCTYPE; send it without one")
        return source

    def _written(self, result: Any) -> bytes:
        root = result.getroot()
        if root is None:
            raise TransformError(f"{self.stylesheet.name}: the result has no element; a message needs one")
        return xml.standalone(root)

    def _said(self, style: Any, error: etree.XSLTError) -> str:
        told = (entry.message for entry in style.error_log if entry.message not in ("", "unknown error"))
        said = dict.fromkeys(_NO_NODES if one == "Invalid type" else one for one in told)
        return _place(self.stylesheet, style.error_log, "; ".join(said) or str(error))


class _Imports(etree.Resolver):
    """Gives libxslt what a stylesheet imports and includes, from the integration's folder alone."""

    def __init__(self, resources: Resources, stylesheet: Path) -> None:
        self._resources = resources
        self._stylesheet = stylesheet

    def resolve(  # type: ignore[override]  # the stubs lack the context
        self, system_url: str, public_id: str, context: Any
    ) -> Any:
        """Return the file that an address stands for. Raises ConfigError when there is none."""
        path = self._resources.find(system_url, self._stylesheet, ".xsl")
        content = path.read_bytes()
        try:
            root = _ready(path, etree.fromstring(content, _reader()))
            content = etree.tostring(dialect.adapted(root))
        except etree.XMLSyntaxError as error:
            raise ConfigError(f"{path}:{error.lineno or 0}: the stylesheet is not XML: {error.msg}") from error
        return self.resolve_string(content, context, base_url=str(path))


def _reader() -> etree.XMLParser:
    """Return a parser for stylesheets: an operator's files may name characters in their own DOCTYPE."""
    internal: Any = "internal"  # the stubs know of true and false
    return etree.XMLParser(resolve_entities=internal, no_network=True, load_dtd=False)


def _parsed(stylesheet: Path, imports: _Imports, text_from: Path | None) -> etree._ElementTree:
    reader = _reader()
    reader.resolvers.add(imports)
    file = text_from or stylesheet
    try:
        tree = etree.fromstring(file.read_bytes(), reader, base_url=str(stylesheet)).getroottree()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
    except etree.XMLSyntaxError as error:
        raise ConfigError(f"{file}:{error.lineno or 0}: the stylesheet is not XML: {error.msg}") from error
    root = tree.getroot()
    if root.tag not in (f"{XSL}stylesheet", f"{XSL}transform"):
        raise ConfigError(f"{file}:{root.sourceline}: <{root.tag}> is no XSLT stylesheet")
    return tree


def _ready(path: Path, root: etree._Element) -> etree._Element:
    """Return a stylesheet for libxslt. Raises ConfigError for what it would leave out, or do otherwise."""
    if root.get("version", "1.0") in EARLIER:
        wrong = earlier.unknown_element(root)
        if wrong:
            raise ConfigError(f'{path}: {wrong}: write version="2.0", which Saxon runs, or take it out')
        return root
    wrong = earlier.reason(root)
    if wrong:
        raise ConfigError(f"{path.name}: it cannot be taken for XSLT 1.0: {wrong}")
    return earlier.same(root)


def _place(stylesheet: Path, entries: Any, said: str) -> str:
    line = next((entry.line for entry in entries if entry.line), 0)
    # The words that the dialect puts in are not the stylesheet's.
    plain = _OURS.sub("", " ".join(said.split()))
    return f"{stylesheet.name}{f':{line}' if line else ''}: {plain}"
