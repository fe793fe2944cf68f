"""Which transforms a route has, by the part of its way that they stand in."""

from collections.abc import Mapping

from jmswrap.app.extensions import around
from jmswrap.config.route_settings import Answer, Route
from jmswrap.transform.properties import Properties

PARTS = ("steps", "answer_steps", "reply", "refusal", "probe")
"""The parts of a route that may have transforms."""


def of_route(route: Route, known: Properties) -> Mapping[str, tuple[str, ...]]:
    """Return the transforms of a route, named as in the file, for each of its parts.

    ``known`` says which extensions are on.
    """
    return {
        "steps": around(route, tuple(step.xslt for step in route.steps), known),
        "answer_steps": tuple(step.xslt for step in route.answer_steps),
        "reply": _of_answer(route.reply),
        "refusal": _of_answer(route.refusal),
        "probe": (route.probe.xslt,) if route.probe is not None and route.probe.xslt else (),
    }


def _of_answer(answer: Answer | None) -> tuple[str, ...]:
    return () if answer is None else tuple(step.xslt for step in answer.steps)
