"""Which message a stylesheet is working on, for the functions it calls."""

import threading
from collections.abc import Mapping


class Current(threading.local):
    """What a thread is transforming now; each thread sees its own."""

    parameters: Mapping[str, str] = {}
    """The stylesheet parameters of the message: `JMSMessageID`, `JMSCorrelationID` and the rest."""

    def parameter(self, name: str) -> str:
        """Return one, or nothing."""
        return self.parameters.get(name, "")
