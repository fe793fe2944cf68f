"""Answers that come later: a simulated partner posts its reply to the caller's ReplyTo.

Only to this machine: a partner that is simulated must not be made to call others.
"""

import http.client
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from jmswrap import log
from jmswrap.config.addresses import is_loopback

_LOG = log.get(__name__)
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Callback:
    """A reply to be posted."""

    address: str
    body: bytes
    content_type: str


def is_allowed(address: str) -> bool:
    """Tell whether an address is one on this machine that can be called."""
    parts = urlsplit(address)
    return parts.scheme == "http" and is_loopback(parts.hostname or "")


def post(callback: Callback) -> None:
    """Post it from a thread of its own; a failure is logged."""
    threading.Thread(target=_post, args=(callback,), daemon=True, name="jmswrap-callback").start()


def _post(callback: Callback) -> None:
    parts = urlsplit(callback.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=_SECONDS)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, callback.body, {"Content-Type": callback.content_type, "SOAPAction": '""'})
        status = connection.getresponse().status
        _LOG.info("called-back", address=callback.address, status=status)
    except (OSError, http.client.HTTPException) as error:
        _LOG.warning("callback-failed", address=callback.address, reason=error)
    finally:
        connection.close()
