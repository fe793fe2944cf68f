"""Which message a stylesheet is working on, for the functions it calls."""

import threading
from collections.abc import Mapping
from typing import Any


class Current(threading.local):
    """What a thread is transforming now; each thread sees its own."""

    parameters: Mapping[str, str] = {}
    """The stylesheet parameters of the message: `JMSMessageID`, `JMSCorrelationID` and the rest."""

    documents: Mapping[str, Any] = {}
    """Further documents that whoever calls the stylesheet gave it, by parameter."""

    maps: Mapping[str, dict[str, str]] = {}
    """What the stylesheet keeps by key while it runs, by the map's name."""

    references: Any = None
    """The cross-references as this step sees them; None when none are configured."""

    def parameter(self, name: str) -> str:
        """Return one, or nothing."""
        return self.parameters.get(name, "")
