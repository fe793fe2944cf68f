"""What SQLAlchemy raises, in jmswrap's own words. Nothing above sees one of its exceptions."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from jmswrap.errors import HistoryDown


def down(name: str, error: Exception) -> HistoryDown:
    """Return the error of ours; never with a statement's parameters, which are customers' data."""
    cause = getattr(error, "orig", None) or error
    said = " ".join(str(cause).split())[:300]
    return HistoryDown(f"The history ({name}) cannot be used: start or mend it, or check history.url ({said}).")


@contextmanager
def edge(name: str) -> Iterator[None]:
    """Turn the database's exceptions into ours on the way out."""
    try:
        yield
    except (exc.SQLAlchemyError, OSError) as error:
        raise down(name, error) from error
