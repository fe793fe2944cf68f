"""What can be wrong about a route: where it begins and ends, its selectors, its files. Like ``checks``."""

import re
from pathlib import Path

from lxml import etree

from jmswrap.config.problem import no_file
from jmswrap.config.route_settings import Route, Selector
from jmswrap.config.settings import Config
from jmswrap.config.source import Found, Where
from jmswrap.config.suggestions import did_you_mean

_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
_PREFIX = re.compile(r"([A-Za-z_][\w.-]*):(?!:)")
_ELEMENT = re.compile(r"^(\{[^{}]+\})?[A-Za-z_][\w.-]*$")


def route_itself(
    where: Where, route: Route, config: Config, folder: Path, services: frozenset[str], partners: frozenset[str]
) -> Found:
    """Yield what is wrong with one route; ``services`` and ``partners`` are those that the file names."""
    yield from _ends(where, route, services, partners)
    yield from _selectors(where, route, config)
    yield from _files(where, route, folder)
    if route.probe is not None:
        yield from _xpath((*where, "probe", "found"), route.probe.found, config.namespaces)


def _ends(where: Where, route: Route, services: frozenset[str], partners: frozenset[str]) -> Found:
    name = where[1]
    source, target = route.source, route.to
    if (source.service is None) == (source.queue is None):
        yield (*where, "from"), f"route `{name}` needs exactly one of `service` and `queue` in `from`"
    elif source.queue is not None and source.operation:
        yield (*where, "from", "operation"), f"route `{name}` reads a queue, so remove `operation`"
    elif source.queue is not None and route.queue not in (None, source.queue):
        yield (
            (*where, "queue"),
            f"route `{name}` waits on the queue it reads, `{source.queue}`: remove `queue`",
        )
    if source.service is not None and source.service not in services:
        end = did_you_mean(source.service, sorted(services))
        yield (*where, "from", "service"), f"route `{name}` comes from `{source.service}`, which is no service{end}"
    if (target.partner is None) == (target.queue is None):
        yield (*where, "to"), f"route `{name}` needs exactly one of `partner` and `queue` in `to`"
    elif target.queue is not None and target.operation:
        yield (*where, "to", "operation"), f"route `{name}` goes to a queue, so remove `operation`"
    if target.partner is not None and target.partner not in partners:
        end = did_you_mean(target.partner, sorted(partners))
        yield (*where, "to", "partner"), f"route `{name}` goes to `{target.partner}`, which is no partner{end}"
    if target.queue is not None and route.reply:
        yield (*where, "reply"), f"route `{name}` goes to a queue, which never answers: remove `reply`"
    if target.queue is not None and route.refusal and not route.steps:
        sentence = f"route `{name}` goes to a queue and has no steps, so nothing refuses: remove `refusal`"
        yield (*where, "refusal"), sentence


def _selectors(where: Where, route: Route, config: Config) -> Found:
    for key, selector in (("key", route.key), ("id", route.id), ("correlation", route.correlation)):
        if selector is not None:
            yield from _selector((*where, key), selector, config.namespaces)
    for index, rule in enumerate(route.waits_for):
        if rule.key is not None:
            yield from _selector((*where, "waits_for", index, "key"), rule.key, config.namespaces)


def _selector(where: Where, selector: Selector, namespaces: dict[str, str]) -> Found:
    given = [selector.xpath, selector.header, selector.property, selector.message_id]
    if sum(bool(value) for value in given) != 1:
        yield where, f"`{where[-1]}` needs exactly one of `xpath`, `header`, `property` and `message_id: true`"
    if selector.xpath:
        yield from _xpath((*where, "xpath"), selector.xpath, namespaces)
    if selector.header and not _ELEMENT.match(selector.header):
        yield (*where, "header"), f"`{selector.header}` is not the name of a header block: write {{namespace}}local"


def _xpath(where: Where, expression: str, namespaces: dict[str, str]) -> Found:
    prefixes = set(_PREFIX.findall(_LITERAL.sub("", expression)))
    missing = sorted(prefixes - set(namespaces))
    for prefix in missing:
        yield where, f"the XPath `{expression}` uses the prefix `{prefix}`: declare it under `namespaces`"
    if missing:
        return
    usable = {prefix: uri for prefix, uri in namespaces.items() if uri and prefix in prefixes}
    try:
        etree.XPath(expression, namespaces=usable)(etree.Element("probe"))
    except (etree.XPathError, ValueError) as error:
        yield where, f"`{expression}` is not an XPath 1.0 expression that can be used: {error}"


def _files(where: Where, route: Route, folder: Path) -> Found:
    groups = [(where, route.steps)]
    for key, answer in (("reply", route.reply), ("refusal", route.refusal)):
        if answer is not None:
            groups.append(((*where, key), answer.steps))
    for place, steps in groups:
        for index, step in enumerate(steps):
            if not (folder / step.xslt).is_file():
                yield (*place, "steps", index, "xslt"), no_file(step.xslt, folder)
    for index, step in enumerate(route.answer_steps):
        if not (folder / step.xslt).is_file():
            yield (*where, "answer_steps", index, "xslt"), no_file(step.xslt, folder)
    if route.probe is not None and route.probe.xslt and not (folder / route.probe.xslt).is_file():
        yield (*where, "probe", "xslt"), no_file(route.probe.xslt, folder)
