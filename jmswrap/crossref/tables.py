"""The tables of cross-references, named and shaped as the vendor's, and the journal of what was done.

``XREF_DATA`` holds a value a row: table, column, row number, value. ``XREF_DELETED_DATA`` takes
what was marked for deletion.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

SCHEMA = 1
"""The version of the tables; ``xref_about`` says it as ``schema``."""

METADATA = MetaData()

ABOUT = Table("xref_about", METADATA, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))
"""``schema`` → the version of the tables."""

DATA = Table(
    "xref_data",
    METADATA,
    Column("xref_table_name", Text, primary_key=True),
    Column("xref_column_name", Text, primary_key=True),
    # In a column, a value stands for one thing only: the key is what makes two workers' writes safe.
    Column("value", Text, primary_key=True),
    Column("row_number", Text, nullable=False),
    Column("is_deleted", Text, nullable=False, default="N"),
    Column("last_modified", BigInteger, nullable=False),
    Column("last_accessed", BigInteger, nullable=False),
)

BY_ROW = Index("xref_data_by_row", DATA.c.xref_table_name, DATA.c.row_number, DATA.c.xref_column_name)

DELETED = Table(
    "xref_deleted_data",
    METADATA,
    Column("xref_table_name", Text, nullable=False),
    Column("xref_column_name", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("row_number", Text, nullable=False),
    Column("last_modified", BigInteger, nullable=False),
)

DONE = Table(
    "xref_done",
    METADATA,
    Column("message_id", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("call", Integer, primary_key=True),
    Column("asked", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("done_ms", BigInteger, nullable=False),
)
"""What a message's step has written already: done again, it gets the same answer and writes nothing."""

DONE_BY_TIME = Index("xref_done_by_time", DONE.c.done_ms)
"""For the trim of what no message can ask again."""
