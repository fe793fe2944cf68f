"""What the file says about callers' answers: do the settings fit together?"""

import ipaddress
import re

from jmswrap.config.consumers import callback_queue
from jmswrap.config.route_settings import AnswerStyle, Route
from jmswrap.config.settings import Config
from jmswrap.config.source import Found, Where

_QUEUED_ONLY = ("queue", "id", "probe", "reply", "refusal", "expired", "delay_seconds", "time_to_live_seconds")


def answers(where: Where, route: Route) -> Found:
    """Yield what does not fit in what a route's caller gets."""
    name, style = where[1], route.answer
    begins = route.source.service is not None
    if style is not AnswerStyle.RECEIPT and not begins:
        yield (*where, "answer"), f"route `{name}` reads a queue, so it has no caller to answer: remove `answer`"
    waits = style in (AnswerStyle.SYNC, AnswerStyle.HYBRID)
    if (waits or route.keep_answer_seconds) and route.to.partner is None:
        key = "answer" if waits else "keep_answer_seconds"
        said = f"route `{name}` goes to a queue, which never answers"
        yield (*where, key), f"{said}: remove `{key}`, or let it go straight to the partner"
    if route.keep_answer_seconds and not begins:
        said = f"route `{name}` reads a queue, so nobody could ask for its answers"
        yield (*where, "keep_answer_seconds"), f"{said}: remove `keep_answer_seconds`"
    if style is AnswerStyle.SYNC:
        yield from _sync(where, route)
    if route.answer_steps and not waits and not route.keep_answer_seconds:
        yield (*where, "answer_steps"), f"nobody gets the answers of route `{name}`: set `keep_answer_seconds` as well"


def _sync(where: Where, route: Route) -> Found:
    for key in (*_QUEUED_ONLY, "keep_answer_seconds"):
        if getattr(route, key):
            yield (*where, key), f"route `{where[1]}` is `sync` and queues nothing: remove `{key}`"


def callbacks(config: Config) -> Found:
    """Yield what cannot be meant in where answers may be sent."""
    queues = {config.queue_of(route) for route in config.routes}
    for name, service in config.services.items():
        if service.callbacks is None:
            continue
        where: Where = ("services", name, "callbacks")
        if service.python:
            yield where, f"service `{name}` is a Python class, whose methods answer by themselves: remove `callbacks`"
        if callback_queue(name) in queues | set(config.routes):
            yield where, f"`{callback_queue(name)}` is the queue of these answers: give the route of that name another"
        for index, host in enumerate(service.callbacks.allow):
            if not re.fullmatch(r"(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9_.:-]+?)(:\d+)?", host):
                yield (*where, "allow", index), f"`{host}` must be a host or host:port, without scheme and path"
        for index, network in enumerate(service.callbacks.private):
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                yield (*where, "private", index), f"`{network}` is no network: write one like 10.1.0.0/16"
