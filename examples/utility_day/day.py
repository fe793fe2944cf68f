"""What happens on a day at a utility, and how far it has come."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from examples.utility_day.machine import Machine, wait_until
from jmswrap.testing.utility import population
from jmswrap.testing.utility.running import ApplicationFailed

NEW_SHARE, MOVING_SHARE, CORRECTED_SHARE = 0.2, 0.4, 0.01
"""Of all customers: those who move in, those who move within the city, those whose reading was wrong."""
AWAY_SECONDS = 3.0
NO_MARKET = "MEX"
"""Where the utility has no market contract: MDM refuses a customer who moves there."""
_POLL_SECONDS = 0.25
_LOOKING_SHARE = 0.03
"""So much of the time may go into looking how far the day has come."""

Watch = Callable[["State"], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbers of a day."""

    customers: int

    @property
    def new(self) -> int:
        """The first so many customers move in today; the others were migrated before."""
        return max(1, round(self.customers * NEW_SHARE))

    @property
    def movers(self) -> list[int]:
        """The customers who move within the city."""
        return list(range(self.new, self.new + round(self.customers * MOVING_SHARE)))

    @property
    def abroad(self) -> int:
        """The customer who moves where MDM has a rule against it."""
        return self.customers - 1

    @property
    def misspelt(self) -> int:
        """The customer whose change breaks the contract."""
        return self.customers - 2

    @property
    def corrected(self) -> int:
        """So many readings turn out to be wrong after they were billed."""
        return max(3, round(self.customers * CORRECTED_SHARE))


@dataclass(frozen=True, slots=True)
class State:
    """How far the day has come: rows of process, sent, answered, refused, under way."""

    rows: tuple[tuple[str, int, int, int, int], ...]

    @property
    def requests(self) -> int:
        """All that CCB asked for so far."""
        return sum(row[1] for row in self.rows)

    @property
    def under_way(self) -> int:
        """What is not final."""
        return sum(row[4] for row in self.rows)


def play(machine: Machine, plan: Plan, watch: Watch) -> float:
    """Play the day; return how many seconds it took, from the first change to the last answer."""
    ccb, mdm = machine.ccb, machine.mdm
    for application in (ccb, mdm):
        migrated = {"migrated": True} if application is ccb else {}
        application.ask("customers", start=plan.new, count=plan.customers - plan.new, **migrated)
    began = time.monotonic()
    ccb.ask("customers", start=0, count=plan.new)
    for number in plan.movers:
        ccb.ask("move", number=number)
    ccb.ask("move", number=plan.abroad, country=NO_MARKET)
    _misspell(machine, plan.misspelt)
    ccb.ask("readings", start=0, count=plan.customers)
    ccb.ask("bill")
    total = state(machine).under_way
    _settle(machine, watch, lambda now: now.under_way <= total * 2 // 3)
    mdm.ask("away", seconds=AWAY_SECONDS)
    _settle(machine, watch, lambda now: now.under_way == 0)
    corrected = mdm.ask("correct", count=plan.corrected)
    wait_until(lambda: ccb.number("SELECT count(*) FROM replacement") >= corrected, "the corrected readings at CCB")
    _settle(machine, watch, lambda now: now.under_way == 0)
    return time.monotonic() - began


def _misspell(machine: Machine, number: int) -> None:
    made = population.person(number, moved=True)
    document = {**made.document, "personOrBusiness": "X"}
    machine.ccb.ask("change", entity="person", key=made.key, document=document, agreement=made.agreement)


def _settle(machine: Machine, watch: Watch, enough: Callable[[State], bool]) -> None:
    """Watch until enough is final; SystemExit when nothing moves any more."""
    last, since = -1, time.monotonic()
    looking = since
    while not enough(now := state(machine)):
        looked_seconds = time.monotonic() - looking
        watch(now)
        if now.under_way != last:
            last, since = now.under_way, time.monotonic()
        if time.monotonic() - since > 90:
            raise SystemExit(f"Nothing moves: {now.under_way} requests are under way. Logs: {machine.folder}")
        time.sleep(max(_POLL_SECONDS, looked_seconds / _LOOKING_SHARE))
        looking = time.monotonic()
    watch(now)


def state(machine: Machine) -> State:
    """Ask CCB's books how far it has come."""
    counts = (
        "count(*) AS sent, sum(state IN ('SYNCHRONIZED', 'BD_PROCESSED', 'DISCARDED')) AS good,"
        " sum(state IN ('ERROR', 'CANCELED')) AS bad, sum(state IN ('PENDING', 'AWAITING_ACK',"
        " 'AWAITING_DATA_SYNC', 'AWAITING_BD', 'BD_RECEIVED')) AS open"
    )
    syncs = machine.ccb.rows(f"SELECT entity AS name, {counts} FROM sync_request GROUP BY entity")
    usages = machine.ccb.rows(f"SELECT kind AS name, {counts} FROM usage_request GROUP BY kind")
    reads = machine.ccb.number("SELECT count(*) FROM replacement")
    rows = [(_titled(row["name"]), row["sent"], row["good"], row["bad"], row["open"]) for row in [*syncs, *usages]]
    if reads:
        rows.append(("replacement reads (from MDM)", reads, reads, 0, 0))
    return State(tuple(rows))


def _titled(name: str) -> str:
    return f"bill determinants, {name.lower()}" if name in ("BATCH", "ONLINE") else name.replace("_", " ")


def retried(machine: Machine) -> int:
    """Return how many messages MDM was away for: delivered, and not at the first attempt."""
    listed = machine.jmswrap("messages", "--limit", "10000")
    return sum(1 for row in listed if row["attempts"] > 1 and row["state"] == "DELIVERED")


def latencies(machine: Machine) -> list[float]:
    """Return how many seconds each request took from CCB's call to its good answer, the shortest first."""
    took = "SELECT settled_ms - sent_ms AS took_ms FROM {} WHERE transitions = 1 AND state = '{}'"
    tables = {"sync_request": "SYNCHRONIZED", "usage_request": "BD_PROCESSED"}
    both = " UNION ALL ".join(took.format(table, state) for table, state in tables.items())
    return sorted(row["took_ms"] / 1000 for row in machine.ccb.rows(both))


def complaints(machine: Machine) -> list[str]:
    """Return what jmswrap's processes logged as errors."""
    lines = [line for file in sorted(machine.folder.glob("*.log")) for line in file.read_text().splitlines()]
    return [line for line in lines if " ERROR " in line or line.startswith("Traceback")]


def balance(machine: Machine) -> tuple[int, int, int]:
    """Return over how many queues how many messages went, and how many are dead.

    ApplicationFailed when a queue does not balance, or has something under way.
    """
    totals = machine.jmswrap("totals")
    wrong = [row["queue"] for row in totals if row["problem"] or row["here"] or row["in_doubt"]]
    if wrong:
        raise ApplicationFailed(f"what came is not what went in {', '.join(wrong)}: look with `jmswrap queues`")
    accepted, dead = (sum(row[name] for row in totals) for name in ("accepted", "dead"))
    return len({row["queue"] for row in totals}), accepted, dead
