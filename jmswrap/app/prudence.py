"""What works but is rarely meant: warnings, each with what to do about it."""

from collections.abc import Iterator

from jmswrap.config.addresses import is_file
from jmswrap.config.route_settings import AnswerStyle, InDoubt, Order
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding, Where
from jmswrap.config.waiting import pointless


def warnings_of(config: Config) -> Iterator[Finding]:
    """Yield the warnings about a configuration that has no problem."""
    if config.store.url and is_file(config.history.url):
        yield (
            ("history",) if config.history.url else ("store",),
            "the store is a server, but the history is an SQLite file of each machine: with several machines set "
            "`history.url` to a PostgreSQL, or to `none`",
        )
    readers = {route.source.queue for route in config.routes.values() if route.source.queue is not None}
    readers |= {outgoing.queue for bridge in config.bridges.values() for outgoing in bridge.target}
    for name, route in config.routes.items():
        where: Where = ("routes", name)
        queues = route.answer is not AnswerStyle.SYNC
        if queues and route.key is None and route.order is Order.KEY:
            yield where, f"route `{name}` has no `key`: its messages are delivered in no order"
        if queues and route.id is None and route.source.service is not None:
            yield where, f"route `{name}` has no `id`: a call that is repeated becomes a second message"
        yield from pointless(name, config)
        if route.in_doubt is InDoubt.REDELIVER and not route.idempotent:
            sentence = f"route `{name}` sends again what may have arrived, but its target is not `idempotent`"
            yield where, f"{sentence}: it may apply a message twice"
        answers = ((key, a) for key, a in (("reply", route.reply), ("refusal", route.refusal)) if a is not None)
        targets = [("to", route.to.queue), *((key, answer.queue) for key, answer in answers)]
        for key, queue in targets:
            if queue is not None and queue not in readers:
                yield (*where, key), f"no route reads queue `{queue}`: an application must take its messages"
