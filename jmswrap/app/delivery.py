"""What a worker process does with each queue, compiled from an integration.

Stylesheets and partner clients are made here, once a process and before work starts.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from lxml import etree

from jmswrap import xml
from jmswrap.accept.intake import Intake
from jmswrap.app.crossing import Sheets
from jmswrap.app.integration import Integration, generation
from jmswrap.app.mailing import wanted
from jmswrap.app.partners import Partners
from jmswrap.app.stylesheets import of_route
from jmswrap.config.consumers import callback_queue, consumers
from jmswrap.config.route_settings import Answer, AnswerStyle, InDoubt, Order, Retry, RetryClass, Route
from jmswrap.config.settings import Callbacks, Config
from jmswrap.config.windows import spans
from jmswrap.deliver.delivery import Call, Delivery, Probe, Put, QueuePlan, Step, as_it_is
from jmswrap.deliver.passing import Passing
from jmswrap.message import Message
from jmswrap.partner.callback import CallbackClient, Destinations
from jmswrap.partner.transport import Limits
from jmswrap.retry import Schedule
from jmswrap.store.nouns import Guard
from jmswrap.transform.limit import TimeLimit

AFTERWARDS_SECONDS = 60.0
"""How much longer than its caller waits an answer is kept: for a caller that asks again."""

CALLBACK_LIMITS = Limits(connect_seconds=5, read_seconds=30, total_seconds=60, max_reply_bytes=65_536)
"""A caller's service has nothing to say to its answer."""


def plans(integration: Integration, limit: TimeLimit | None = None) -> dict[str, QueuePlan]:
    """Return how each queue that a route consumes is drained; ConfigError or ContractError."""
    return _Plans(integration, limit).made()


def passings(integration: Integration, limit: TimeLimit | None = None) -> dict[str, Passing]:
    """Return the routes that pass straight through, ready to be done; ConfigError or ContractError."""
    return _Plans(integration, limit).passings()


class _Plans:
    def __init__(self, integration: Integration, limit: TimeLimit | None) -> None:
        self._integration = integration
        self._config = integration.config
        self._generation = generation(integration)
        self._consumers = consumers(integration.config)
        self._partners = Partners(integration)
        self._sheets = Sheets(integration, limit)

    def made(self) -> dict[str, QueuePlan]:
        queues: dict[str, dict[str, Delivery]] = {}
        for name, route in self._config.routes.items():
            queues.setdefault(self._config.queue_of(name), {})[name] = self._delivery(name, route)
        made = {
            queue: QueuePlan(queue, found, self._guard(found), self._closed(found), self._consumers.get(queue, ""))
            for queue, found in queues.items()
        }
        for service, settings in self._config.services.items():
            if settings.callbacks is not None:
                made[callback_queue(service)] = self._callback_plan(service, settings.callbacks)
        return made

    def _callbacks(self, route: Route) -> str:
        service = route.source.service
        return callback_queue(service) if service and self._config.services[service].callbacks else ""

    def _callback_plan(self, service: str, settings: Callbacks) -> QueuePlan:
        """Return how answers to the callers of a service are sent: a queue like any other."""
        queue = callback_queue(service)
        client = CallbackClient(queue, Destinations(settings.allow, settings.private), CALLBACK_LIMITS)
        # An answer that comes twice has the same MessageID.
        delivery = Delivery(queue, Call(client), schedule(settings.retry), idempotent=True, generation=self._generation)
        return QueuePlan(queue, {queue: delivery}, Guard(partner=queue), None, queue)

    def passings(self) -> dict[str, Passing]:
        found = {}
        for name, route in self._config.routes.items():
            if route.answer is AnswerStyle.SYNC:
                delivery = self._delivery(name, route)
                assert isinstance(delivery.target, Call), "checked when the file was loaded"
                alone = {name: delivery}
                guard, closed = self._guard(alone), self._closed(alone)
                found[name] = Passing(delivery, delivery.target, route.answer_seconds, guard, closed)
        return found

    def _delivery(self, name: str, route: Route) -> Delivery:
        mailed = wanted(self._config, name, self._sheets.properties)
        return Delivery(
            route=name,
            target=self._target(route),
            schedule=schedule(route.retry),
            classes={name: schedule(route.retry, other) for name, other in route.retry.by_class.items()},
            steps=self._compiled(list(of_route(route, self._sheets.properties)["steps"])),
            idempotent=route.idempotent,
            redeliver=route.in_doubt is InDoubt.REDELIVER,
            probe=self._probe(route),
            on_dead=str(route.on_dead.value),
            reply=self._answer(route.reply),
            refusal=self._answer(route.refusal),
            keep_answer_ms=kept_ms(route),
            announces=route.answer is AnswerStyle.HYBRID,
            callbacks=self._callbacks(route),
            answer_steps=self._compiled([step.xslt for step in route.answer_steps]),
            generation=self._generation,
            tells_business=mailed.business,
            tells_technical=mailed.technical,
        )

    def _target(self, route: Route) -> Call | Put:
        if route.to.partner is None:
            assert route.to.queue is not None, "checked when the file was loaded"
            return self._put(route.to.queue, ())
        return Call(self._partners.client(route.to.partner), route.to.operation, route.binding == "typed")

    def _probe(self, route: Route) -> Probe | None:
        settings = route.probe
        if settings is None or route.to.partner is None:
            return None
        sheets = [settings.xslt] if settings.xslt else []
        found = truth(settings.found, self._config.namespaces)
        return Probe(self._partners.client(route.to.partner), settings.operation, found, self._compiled(sheets))

    def _answer(self, answer: Answer | None) -> Put | None:
        if answer is None:
            return None
        return self._put(answer.queue, self._compiled([step.xslt for step in answer.steps]))

    def _put(self, queue: str, steps: tuple[Step, ...]) -> Put:
        consumer = self._consumers.get(queue, "")
        return Put(queue, consumer, steps, shape_for(self._config, consumer) if consumer else as_it_is)

    def _compiled(self, sheets: list[str]) -> tuple[Step, ...]:
        return tuple(self._sheets.step(sheet) for sheet in sheets)

    def _closed(self, deliveries: Mapping[str, Delivery]) -> Callable[[int], tuple[tuple[int, int], ...]] | None:
        name = _partner(deliveries)
        windows = self._config.partners[name].maintenance if name else ()
        return partial(spans, windows) if windows else None

    def _guard(self, deliveries: Mapping[str, Delivery]) -> Guard:
        name = _partner(deliveries)
        if not name:
            return Guard()
        settings = self._config.partners[name]
        return Guard(
            partner=name,
            concurrency=settings.concurrency,
            rate_per_second=settings.rate_per_second,
            breaker_failures=settings.breaker_failures,
            breaker_ms=round(settings.breaker_seconds * 1000),
        )


def _partner(deliveries: Mapping[str, Delivery]) -> str:
    return next((d.target.partner.name for d in deliveries.values() if isinstance(d.target, Call)), "")


def schedule(retry: Retry, other: RetryClass | None = None) -> Schedule:
    """Return a route's schedule, or that of one of its classes."""
    waits, most = retry.waits_seconds, retry.max_attempts
    if other is not None:
        waits = waits if other.waits_seconds is None else other.waits_seconds
        most = most if other.max_attempts is None else other.max_attempts
    return Schedule(waits, most, retry.max_age_seconds, retry.jitter)


def kept_ms(route: Route) -> int:
    """Return how long a route keeps answers: as it says, and while somebody may wait for them."""
    waited_for = route.answer_seconds + AFTERWARDS_SECONDS if route.answer is AnswerStyle.HYBRID else 0
    return round(max(route.keep_answer_seconds, waited_for) * 1000)


def truth(expression: str, namespaces: Mapping[str, str]) -> Callable[[bytes], bool]:
    """Return what tells whether an XPath is true of a document, as XPath 1.0 means it."""
    compiled = etree.XPath(f"boolean({expression})", namespaces=dict(namespaces))
    return lambda document: bool(compiled(etree.fromstring(document, xml.parser())))


def shape_for(config: Config, route: str) -> Callable[[Message], Message]:
    """Return what gives a message the key, correlation, priority and times that its consuming route asks for."""
    # An output's id is derived from its source's, so that it is made once: the route's own `id` is for senders.
    settings = config.routes[route].model_copy(update={"id": None})
    queue, others = config.queue_of(route), config.other_queues(route)
    intake = Intake.compile(route, settings, queue, config.namespaces, other_queues=others)
    return partial(_shaped, intake)


def _shaped(intake: Intake, message: Message) -> Message:
    settings = intake.settings
    message = replace(
        message,
        priority=settings.priority,
        delay_ms=round(settings.delay_seconds * 1000),
        time_to_live_ms=round(settings.time_to_live_seconds * 1000),
        expired_to=settings.expired.queue if settings.expired else "",
    )
    as_it_came = settings.order is Order.KEY and settings.key is None and settings.correlation is None
    if as_it_came and not settings.waits_for:
        return message  # the key that came along stands
    made = intake.message(etree.fromstring(message.body, xml.parser()), (), message.operation, message.properties)
    keyed = settings.order is not Order.KEY or settings.key is not None
    return replace(
        message,
        key=made.key if keyed else message.key,
        correlation_id=made.correlation_id if settings.correlation is not None else message.correlation_id,
        waits_for=made.waits_for,
    )
