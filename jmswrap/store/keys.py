"""Every key jmswrap keeps in Redis: name, type, content, lifetime.

All keys begin with ``PREFIX:`` (the integration's name unless configured), except RQ's
own. The Lua scripts build the same names; ``tests/unit/store`` holds that no script
touches a key that is not in the table below.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One kind of key."""

    pattern: str
    """The name after ``PREFIX:``, with words in capitals for its variable parts."""
    type: str
    content: str
    lifetime: str


TABLE: tuple[Key, ...] = (
    Key("m:ID", "string", "record: state line (JSON, the scripts' own), newline, header line (JSON)", "until purged"),
    Key("b:ID", "string", "body bytes, as accepted", "with the record"),
    Key("r:ID", "string", "raw answer of a call, until the message is settled or resolved", "with the record"),
    Key("ans:ID", "string", "answer for the caller: server ms, space, JSON, newline, body", "PX, as the route says"),
    Key("a:ID", "list", "attempts, oldest first: server ms, space, JSON; trimmed", "with the record"),
    Key("d:ID", "string", "JSON: accepted ms, hashes, nonce of a purged message whose id is remembered", "PX"),
    Key("k:QUEUE:KEY", "list", "ids of one key in their order; the head is worked on", "while not empty"),
    Key("q:QUEUE:PRIORITY", "list", "ready entries: =KEY, or ~ID for a message that stands alone", "while not empty"),
    Key("wait:QUEUE:KEY", "zset", "ids of QUEUED messages that wait for this key, by place", "while not empty"),
    Key(
        "waits:QUEUE",
        "zset",
        "ids of QUEUED messages that wait for other keys, by the ms they began",
        "while not empty",
    ),
    Key("free", "set", "QUEUE:KEY of keys that let go more messages than one script frees", "while not empty"),
    Key("due:QUEUE", "zset", "ids of SCHEDULED and WAITING by due ms, the former in parts of one", "while not empty"),
    Key("dead:QUEUE", "zset", "ids of DEAD by the ms they died", "while not empty"),
    Key("doubt:QUEUE", "zset", "ids of IN_DOUBT by the ms doubt began", "while not empty"),
    Key("probe:QUEUE", "zset", "ids of IN_DOUBT about which the partner is asked, by ms", "while not empty"),
    Key("dk:QUEUE", "hash", "key → how many DEAD messages let it go", "while there are such"),
    Key("dl:QUEUE", "hash", "key → place:ID of the last message delivered after such a one", "with dk"),
    Key("log:QUEUE", "list", "ids in the order of acceptance; trimmed as records are purged", "for ever"),
    Key("trim", "hash", "queue → place in its log where the search for purged ids goes on", "while not empty"),
    Key("n:QUEUE", "hash", "state → number of records in it; bytes: of the bodies not settled", "for ever"),
    Key(
        "tot:YYYYMMDD:QUEUE",
        "hash",
        "a day's control totals: FROM>TO → moves ('-': outside), duplicate; =STATE → records it began with, =at → when",
        "400 days",
    ),
    Key("drains:QUEUE", "zset", "workers draining the queue, by the ms they count until", "while not empty"),
    Key("bell:QUEUE", "list", "tokens for drains that linger on the queue", "PX"),
    Key("armed", "hash", "queue → due:rings:extra:mark, when a wake-up is believed under way", "for ever"),
    Key("parked", "set", "QUEUE:ROUTE of the paused routes whose ready entries were put aside", "while not empty"),
    Key("park:QUEUE:ROUTE", "list", "ready entries put aside: priority, colon, entry", "while not empty"),
    Key("queues", "set", "queues that ever had a message", "for ever"),
    Key("pause", "hash", "q:QUEUE, p:PARTNER or r:ROUTE → ms, space, reason", "until resumed"),
    Key("slot:PARTNER", "zset", "ids of messages whose calls are under way, by lease end ms", "while not empty"),
    Key("rate:PARTNER", "string", "theoretical arrival time of the next call, ms", "PX"),
    Key("brk:PARTNER", "hash", "failures in a row, last failure ms, probe id and until ms", "1 hour after a failure"),
    Key("got:WORKER", "string", "its last claim that brought something: nonce, first and last fencing token", "PX"),
    Key("lease", "zset", "ids of IN_FLIGHT by lease end ms", "while not empty"),
    Key("expire", "zset", "ids with a time to live, while they wait, by its end ms", "while not empty"),
    Key(
        "settled",
        "zset",
        "ids in a final state by the ms they may leave the store",
        "while not empty",
    ),
    Key("lead:TASK", "string", "which process does a periodic task now", "PX"),
    Key("fence", "string", "the last fencing token", "for ever"),
    Key("seq", "string", "the last place given in a key's order", "for ever"),
    Key("present", "hash", "RUN:CLIENT → worker whose own connection to the server that is", "until it is gone"),
    Key(
        "run",
        "hash",
        "the server's run id, since when (ms) it was seen, replication id, epoch, day; turn: ms:part last given",
        "for ever",
    ),
    Key("backup", "hash", "copy: id, by: run id, in a copy not dealt with yet; made, restored: ms", "for ever"),
    Key("seal", "hash", "id of a key of the bodies at rest → print of its secret, hexadecimal", "until removed"),
    Key("clock", "string", "tests only: ms added to the server's time", "for ever"),
)
"""The table; RQ adds ``rq:queue:POOL`` (list of job ids) and ``rq:job:ID`` (hash, at most an hour)
for wake-ups, where POOL is ``workers.pool``."""

PLAIN: tuple[Key, ...] = (
    Key("refused", "hash", "kind of process → JSON: ms, why it did not adopt the files as they are", "until it does"),
    Key("unknown", "hash", "PARTNER OPERATION ELEMENT → replies that had it and the contract has not", "7 days"),
    Key(
        "cor:SERVICE[/CLIENT]:CORRELATION",
        "string",
        "id of the last message with a correlation id of a service, and of a client where they are known",
        "PX",
    ),
    Key("bridge:NAME", "hash", "process → JSON: at ms, how each end of the bridge is", "PX"),
    Key("nonce:SHA256", "string", "1: a caller used this nonce (hash of user name and nonce)", "PX"),
)
"""Keys that no script touches. The channel ``answered`` tells the ids of messages whose answer came."""


def message(prefix: str, message_id: str) -> str:
    """Name the record of a message."""
    return f"{prefix}:m:{message_id}"


def body(prefix: str, message_id: str) -> str:
    """Name the body of a message."""
    return f"{prefix}:b:{message_id}"


def reply(prefix: str, message_id: str) -> str:
    """Name the raw answer of a message's call."""
    return f"{prefix}:r:{message_id}"


def answer(prefix: str, message_id: str) -> str:
    """Name the answer kept for a message's caller."""
    return f"{prefix}:ans:{message_id}"


def answered(prefix: str) -> str:
    """Name the channel that tells the ids of messages whose answer came."""
    return f"{prefix}:answered"


def correlated(prefix: str, service: str, correlation_id: str, client: str = "") -> str:
    """Name what leads from a correlation id to a message of a service; no name has a slash or a colon in it."""
    return f"{prefix}:cor:{service}{f'/{client}' if client else ''}:{correlation_id}"


def nonce(prefix: str, mark: str) -> str:
    """Name the mark of a nonce that was used."""
    return f"{prefix}:nonce:{mark}"


def bridge(prefix: str, name: str) -> str:
    """Name what the processes of a bridge say of themselves."""
    return f"{prefix}:bridge:{name}"


def attempts(prefix: str, message_id: str) -> str:
    """Name the attempts of a message."""
    return f"{prefix}:a:{message_id}"


def of_queue(prefix: str, kind: str, queue: str) -> str:
    """Name a key of a queue: ``due``, ``dead``, ``doubt``, ``log``, ``n``, ``drains``, ``bell``."""
    return f"{prefix}:{kind}:{queue}"


def ready(prefix: str, queue: str, priority: int) -> str:
    """Name a ready list."""
    return f"{prefix}:q:{queue}:{priority}"


def order(prefix: str, queue: str, key: str) -> str:
    """Name the list of a key's messages."""
    return f"{prefix}:k:{queue}:{key}"


def waiters(prefix: str, name: str) -> str:
    """Name the messages that wait for a key (QUEUE:KEY)."""
    return f"{prefix}:wait:{name}"


def breaker(prefix: str, partner: str) -> str:
    """Name the breaker of a partner."""
    return f"{prefix}:brk:{partner}"


def totals(prefix: str, day: str, queue: str) -> str:
    """Name the control totals of a day (``yyyymmdd``, UTC)."""
    return f"{prefix}:tot:{day}:{queue}"


def alone(prefix: str, name: str) -> str:
    """Name a key there is one of: ``armed``, ``queues``, ``pause``, ``lease``, ``clock``, …."""
    return f"{prefix}:{name}"
