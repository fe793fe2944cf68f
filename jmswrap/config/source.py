"""A YAML file as plain data that remembers the line of every key.

Keys are taken as they are written (``on`` stays "on"), a key that comes twice is a
problem, anchors and ``<<`` work. Nothing in the file can make an object of ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from jmswrap.config.problem import Problem

Where = tuple[str | int, ...]
"""The way to a value: keys and list positions from the top."""

Finding = tuple[Where, str]
"""What is wrong, or rarely meant: its place and a sentence."""

Found = Iterator[Finding]

OVERRIDES = Path("JMSWRAP_OVERRIDES")
"""Stands for the file in problems with values that came from the environment."""

MOST_NODES = 100_000
"""More values than any real file has; aliases of aliases can name billions."""


@dataclass(slots=True)
class Source:
    """What was read: the data, the line of each value, and what was wrong with the text."""

    file: Path
    data: Any = None
    lines: dict[Where, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    overridden: set[Where] = field(default_factory=set)
    """The places whose value came from ``lay_over``."""

    def line(self, where: Where) -> int:
        """Return the line of a value, or of the nearest thing around it that has one."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 0)

    def problem(self, where: Where, sentence: str) -> Problem:
        """Return a problem placed at a value."""
        if any(where[: len(place)] == place for place in self.overridden):
            return Problem(OVERRIDES, 0, sentence)
        return Problem(self.file, self.line(where), sentence)

    def lay_over(self, overrides: Mapping[str, Any]) -> None:
        """Put values of the same form over the file's; sections are merged, all else replaced."""
        if isinstance(self.data, dict):
            self._lay(self.data, overrides, ())

    def _lay(self, data: dict[str, Any], overrides: Mapping[str, Any], where: Where) -> None:
        for key, value in overrides.items():
            if isinstance(value, Mapping) and isinstance(data.setdefault(key, {}), dict):
                self._lay(data[key], value, (*where, key))
            else:
                data[key] = value
                self.overridden.add((*where, key))


def read(file: Path) -> Source:
    """Read a YAML file; what is wrong with its text is in ``problems``, ``data`` is then None."""
    source = Source(file)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        said = "there is no such file: name an integration's jmswrap.yaml with -c, or make one with `jmswrap wrap`"
        source.problems.append(Problem(file, 0, said))
        return source
    except UnicodeDecodeError as error:
        source.problems.append(Problem(file, 0, f"it is not UTF-8 text (byte {error.start}): save it as UTF-8"))
        return source
    except OSError as error:
        source.problems.append(Problem(file, 0, f"it cannot be read: {error.strerror}"))
        return source
    try:
        source.data = _data(source, text)
    except yaml.YAMLError as error:
        source.problems.append(_unreadable(file, error))
    except RecursionError:
        source.problems.append(Problem(file, 0, "it is nested too deeply to be read"))
    return source


def _data(source: Source, text: str) -> Any:
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is not None:
            return _Reading(source, loader).value(node, ())
    finally:
        loader.dispose()
    sentence = "the file is empty: `jmswrap wrap` makes one to start from"
    source.problems.append(Problem(source.file, 0, sentence))
    return None


def _unreadable(file: Path, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or str(error).splitlines()[0]
    context = getattr(error, "context", None)
    sentence = f"this is not YAML: {reason}" + (f" ({context})" if context else "")
    return Problem(file, mark.line + 1 if mark else 0, sentence)


class _Reading:
    """One walk over the nodes of a file."""

    def __init__(self, source: Source, loader: yaml.SafeLoader) -> None:
        self._source = source
        self._loader = loader
        self._nodes = 0
        self._open: set[int] = set()

    def value(self, node: yaml.Node, where: Where) -> Any:
        self._source.lines.setdefault(where, node.start_mark.line + 1)
        self._nodes += 1
        if self._nodes > MOST_NODES or id(node) in self._open:
            raise yaml.MarkedYAMLError(
                problem="an alias that contains itself or repeats too much", problem_mark=node.start_mark
            )
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, where)
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*where, index)) for index, item in enumerate(node.value)]
            return self._loader.construct_object(node)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == "tag:yaml.org,2002:merge":
                for item in value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]:
                    found = self.value(item, where)
                    merged = {**(found if isinstance(found, dict) else {}), **merged}
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a word", problem_mark=key_node.start_mark)
            key = str(key_node.value)
            if key in own:
                sentence = f"`{key}` is given twice (first on line {self._source.lines[(*where, key)]}): keep one"
                self._source.problems.append(Problem(self._source.file, line, sentence))
                continue
            self._source.lines[(*where, key)] = line
            own[key] = self.value(value_node, (*where, key))
        return {**merged, **own}
