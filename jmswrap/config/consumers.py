"""Which queues an integration has, and which route takes from each."""

from jmswrap.config.settings import Config


def consumers(config: Config) -> dict[str, str]:
    """Return, for each queue of an integration, the route that consumes it (empty: none)."""
    queues = {config.queue_of(name): name for name in reversed(config.routes)}
    queues.update({r.source.queue: name for name, r in config.routes.items() if r.source.queue})
    for name, service in config.services.items():
        if service.callbacks is not None:
            queues[callback_queue(name)] = callback_queue(name)
    for route in config.routes.values():
        answers = (route.to.queue, route.reply and route.reply.queue, route.refusal and route.refusal.queue)
        for queue in (*answers, route.expired and route.expired.queue):
            if queue:
                queues.setdefault(queue, "")
    for bridge in config.bridges.values():
        for queue in (*(one.queue for one in bridge.source), *(one.queue for one in bridge.target)):
            queues.setdefault(queue, "")
    return queues


def callback_queue(service: str) -> str:
    """Name the queue, and the route, of answers to the addresses of a service's callers."""
    return f"{service}.callbacks"
