"""What stylesheets name literally and is not there: maps, tables, columns, properties, functions.

Found before a message finds it. What an expression computes is known only when it runs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree

from jmswrap import xml
from jmswrap.config.suggestions import did_you_mean
from jmswrap.crossref.declared import Declared
from jmswrap.errors import ConfigError
from jmswrap.transform import dialect, earlier
from jmswrap.transform.calls import Called, calls
from jmswrap.transform.current import Current
from jmswrap.transform.expressions import XSL, expressions, tokens
from jmswrap.transform.functions import unfit
from jmswrap.transform.oracle.documents import CALL_IT
from jmswrap.transform.oracle.library import Library
from jmswrap.transform.oracle.namespaces import AIA, BUS_DVM, DVM, ORA, XREF
from jmswrap.transform.xslt import EARLIER

_SHEETS = (f"{XSL}import", f"{XSL}include")
_PROCESS = frozenset(("processXSLT", "doXSLTransformForDoc"))
_COLUMNS = {"lookupPopulatedColumns": (1,), "markForDelete": (1,)}
"""Where the xref functions name columns; the others do at 1 and 3."""


@dataclass(frozen=True, slots=True)
class Literals:
    """Looks through the stylesheets of one integration; each is looked at once."""

    library: Library
    tables: Mapping[str, Declared]
    seen: set[Path] = field(default_factory=set)

    def wrong(self, stylesheet: Path) -> list[str]:
        """Return what is wrong in a stylesheet and those it imports, includes or calls; a sentence each."""
        said = (*self._of(stylesheet, stylesheet), *_further_documents(stylesheet), *_undeclared(stylesheet))
        return list(dict.fromkeys(said))

    def _of(self, path: Path, main: Path) -> Iterator[str]:
        """Look through a file; what it names is found as from ``main``, the stylesheet that is compiled."""
        if path in self.seen:
            return
        self.seen.add(path)
        root = _read(path)
        if root is None:
            return  # compiling it says so
        known = self.library.functions(main, Current())
        # The others are Saxon's, which knows more functions and says itself what it does not know.
        here = root.get("version", "1.0") in EARLIER or not earlier.reason(root)
        root = dialect.adapted(root) if here else root
        asked = {called.literal(0) for called in calls(root) if called.name == "function-available"}
        for called in calls(root):
            wrong = unfit(called, known) if here and f"{called.prefix}:{called.name}".strip(":") not in asked else ""
            for sentence in (wrong,) if wrong else self._about(called, main):
                yield f"{path.name}:{called.line}: {sentence}"
        for element in root.iter(*_SHEETS):
            yield from self._further(element.get("href", ""), path, main)
        for called in calls(root):
            if called.namespace == ORA and called.name in _PROCESS and called.literal(0):
                yield from self._further(called.literal(0) or "", main, None)

    def _further(self, address: str, beside: Path, main: Path | None) -> Iterator[str]:
        try:
            path = self.library.resources.find(address, beside, ".xsl")
        except ConfigError as error:
            if main is None:
                yield str(error)
            return  # of an import, compiling it says so
        yield from self._of(path, main or path)

    def _about(self, called: Called, main: Path) -> Iterator[str]:
        if called.namespace == BUS_DVM or (called.namespace == DVM and called.name.startswith("lookupValue")):
            yield from self._about_map(called, main)
        elif called.namespace == XREF:
            yield from self._about_table(called)
        elif called.namespace == AIA:
            yield from self._about_property(called)

    def _about_map(self, called: Called, main: Path) -> Iterator[str]:
        address = called.literal(0)
        if address is None:
            return
        try:
            found = self.library.resources.value_map(address, main)
        except ConfigError as error:
            yield str(error)
            return
        count = len(called.arguments)
        targets = range(3, count) if called.name == "lookupValue1M" else (3, *range(5, count, 2))
        for at in (1, *targets):
            column = called.literal(at)
            if column is not None and column not in found.columns:
                end = did_you_mean(column, list(found.columns))
                yield f"value map {found.name} has no column `{column}`{end}"

    def _about_table(self, called: Called) -> Iterator[str]:
        address = called.literal(0)
        if address is None:
            return
        name = PurePosixPath(address).name.removesuffix(".xref")
        table = self.tables.get(name)
        if table is None:
            end = did_you_mean(name, sorted(self.tables))
            yield f"there is no cross-reference table `{name}` among `cross_references.tables`{end}"
            return
        for at in _COLUMNS.get(called.name, (1, 3)):
            column = called.literal(at)
            if column is not None and column not in table.columns:
                end = did_you_mean(column, list(table.columns))
                yield f"cross-reference table {name} has no column `{column}`{end}"

    def _about_property(self, called: Called) -> Iterator[str]:
        """Only what must be there: a property that may be missing often is."""
        known = self.library.properties
        first, second = called.literal(0), called.literal(1)
        if called.name in ("getSystemType", "getEBMHeaderSenderSystemNode"):
            if first is not None and first not in self.library.systems:
                yield f"there is no system `{first}`: add it to `transforms.systems`"
            return
        of_system = called.name == "getSystemProperty"
        if first is None or not (of_system or second is not None):
            return
        if of_system:
            values, name, whose, flag = known.system, first, "of the system", 1
        elif called.name == "getSystemModuleProperty":
            values, name, whose, flag = known.modules.get(first, {}), second or "", f"of module {first}", 2
        else:
            values, name, whose, flag = known.service(first), second or "", f"of service {first}", 2
        if name not in values and (flag in called.true or called.literal(flag) == "true"):
            yield f"there is no property `{name}` {whose} in the files of `transforms.properties`"


def _read(path: Path) -> etree._Element | None:
    try:
        return etree.fromstring(path.read_bytes(), xml.parser())
    except (OSError, etree.XMLSyntaxError):
        return None


def _further_documents(stylesheet: Path) -> Iterator[str]:
    """Yield that a route cannot give a stylesheet what it takes for a further document."""
    root = _read(stylesheet)
    if root is not None:
        for name, line in dialect.documents(root).items():
            yield (
                f"{stylesheet.name}:{line}: its parameter {name} stands for a further document (${name}/…), and a "
                f"route has one: {CALL_IT}"
            )


def _undeclared(stylesheet: Path) -> Iterator[str]:
    """Yield the variables that a stylesheet without parts elsewhere declares nowhere."""
    root = _read(stylesheet)
    # Expressions of later versions declare some themselves, and Saxon finds the others.
    if root is None or root.get("version", "1.0") not in EARLIER or next(root.iter(*_SHEETS), None) is not None:
        return
    declared = {f"${one.get('name', '')}" for one in root.iter(f"{XSL}variable", f"{XSL}param")}
    for element in root.iter(etree.Element):
        for expression in expressions(element):
            named = (
                {token.text for token in tokens(expression) if token.kind == "variable"} if "$" in expression else ()
            )
            for name in sorted(one for one in named if one not in declared):
                line: Any = element.sourceline
                yield f"{stylesheet.name}:{line}: {name} is declared nowhere: give it an xsl:variable or an xsl:param"
