"""A partner's answer before anybody interpreted it, and how it is kept: a JSON line, then the bytes as they came."""

import json
from dataclasses import dataclass
from typing import Self

from jmswrap.partner.transport import HttpReply


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back from one call of an operation."""

    operation: str
    """The partner's operation; interpreting the answer needs it, and the message may not say it."""
    reply: HttpReply

    def packed(self) -> bytes:
        """Return it as bytes, to be kept."""
        head = {"operation": self.operation, "status": self.reply.status_code, "headers": dict(self.reply.headers)}
        return json.dumps(head).encode("ascii") + b"\n" + self.reply.content

    @classmethod
    def unpacked(cls, kept: bytes) -> Self:
        """Return what ``packed`` was called on; ValueError or LookupError when it was something else."""
        line, _, content = kept.partition(b"\n")
        head = json.loads(line)
        return cls(head["operation"], HttpReply(head["status"], head["headers"], content))
