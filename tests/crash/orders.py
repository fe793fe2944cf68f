"""The integration that the rows run, and its messages: orders of several customers, numbered by each."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from jmswrap.clock import derived_id
from jmswrap.contract.wrap import wrap

WSDL = Path(__file__).parents[1] / "data" / "partner" / "orders.wsdl"
QUEUE = "Orders"
HISTORY = "history.sqlite"
"""Its file, in the integration's folder."""
VALUES = {"number": "t:number", "key": "t:note", "place": "t:quantity"}
"""What the partner's ledger notes of each order."""

POLICIES: dict[str, dict[str, Any]] = {
    "redeliver": {"idempotent": True, "in_doubt": "redeliver"},
    "park": {"idempotent": False, "in_doubt": "park"},
}
"""The two kinds of routes: what may be sent twice, and what a person decides about."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a row's integration is like."""

    policy: str = "redeliver"
    lease_seconds: float = 30
    """The default of the product."""
    replicas: int = 0
    workers: int = 2
    on_dead: str = "hold"
    history: bool = False
    """Settled messages leave for a history; without one the verdict reads them in the store."""
    plain: bool = False
    """No `jmswrap up` and no worker of ours: a gateway, and `rq worker` as RQ ships it."""
    timeouts: dict[str, float] = field(default_factory=dict)


def integration(folder: Path, plan: Plan, store: str, partner: str) -> None:
    """Write the integration into a folder that is not there yet."""
    wrap(str(WSDL), folder)
    timeouts = {"timeouts": plan.timeouts} if plan.timeouts else {}
    contract = {"wsdl": "contracts/orders.wsdl", "service": "Orders", "port": "Eleven"}
    settings = {
        "jmswrap": 1,
        "name": "crash",
        "namespaces": {"p": "urn:example:orders"},
        "store": {"url": store, "lease_seconds": plan.lease_seconds, "replicas": plan.replicas},
        "history": {"url": f"sqlite:///{HISTORY}", "after_seconds": 0.5} if plan.history else {"url": "none"},
        "workers": {"processes": plan.workers},
        "services": {"Orders": {"wsdl": "wsdl/Orders.wsdl"}},
        "partners": {"Orders": {**contract, "address": partner, "breaker_seconds": 1, **timeouts}},
        "routes": {
            QUEUE: {
                "from": {"service": "Orders"},
                "to": {"partner": "Orders"},
                "key": {"xpath": "p:note"},
                "id": {"xpath": "p:number"},
                "on_dead": plan.on_dead,
                "retry": {"waits_seconds": [0.2, 0.5, 1], "jitter": 0},
                **POLICIES[plan.policy],
            }
        },
    }
    (folder / "jmswrap.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")


def number(key: str, place: int) -> str:
    """Return an order's number: its key and its place in the key's order."""
    return f"{key}-{place}"


def message_id(order: str) -> str:
    """Return the id that the gateway gives the message of an order."""
    return derived_id(QUEUE, order)


def envelope(key: str, place: int, padding: int = 0) -> bytes:
    """Return the request that places an order."""
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<Place xmlns="urn:example:orders"><number>{number(key, place)}</number>'
        f"<quantity>{place}</quantity><note>{key}</note></Place>"
        f"</s:Body></s:Envelope>{' ' * padding}"
    ).encode()
