"""The history's tables. What is empty is NULL, so that indexes hold only what can be looked for.

A message is one row, its attempts and its body in it: a settled message is written again
and again until the store lets it go, and one row is replaced in one step or not at all.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

SCHEMA = 1
"""The version of the tables; ``about`` says it as ``schema``."""

METADATA = MetaData()

ABOUT = Table(
    "about",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""``schema`` → the version of the tables, ``integration`` → whose messages these are."""

MESSAGES = Table(
    "messages",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("accepted_ms", BigInteger, primary_key=True),
    Column("changed_ms", BigInteger, nullable=False),
    Column("version_ms", BigInteger, nullable=False),
    Column("erased_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("queue", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("operation", Text),
    Column("key", Text),
    Column("source_id", Text),
    Column("correlation_id", Text),
    Column("type", Text),
    Column("reply_to", Text),
    Column("priority", Integer, nullable=False),
    Column("deliveries", Integer, nullable=False),
    Column("attempts_made", Integer, nullable=False),
    Column("worker", Text),
    Column("reason", Text),
    Column("properties", Text),
    Column("soap_headers", Text),
    Column("attempts", Text),
    # Last, so that SQLite reads a row's other columns without it.
    Column("body", LargeBinary),
)
"""``properties``, ``soap_headers`` and ``attempts`` hold JSON."""


def _present(name: str) -> Index:
    column = MESSAGES.c[name]
    there = column.is_not(None)
    return Index(f"messages_by_{name}", column, MESSAGES.c.accepted_ms, sqlite_where=there, postgresql_where=there)


INDEXES = (
    Index("messages_by_accepted", MESSAGES.c.accepted_ms),
    Index("messages_by_changed", MESSAGES.c.changed_ms),
    Index("messages_by_queue", MESSAGES.c.queue, MESSAGES.c.accepted_ms),
    Index("messages_by_route", MESSAGES.c.route, MESSAGES.c.accepted_ms),
    Index("messages_by_state", MESSAGES.c.state, MESSAGES.c.accepted_ms),
    _present("key"),
    _present("source_id"),
    _present("correlation_id"),
)
"""One for each search that the command line offers, and one for what is trimmed."""
