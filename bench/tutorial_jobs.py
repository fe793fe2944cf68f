"""The tutorial way's RQ job, apart from its front as in a tutorial, so that a worker loads only what it needs."""

import os
from typing import Any

import zeep

NAMESPACE = "urn:jmswrap:bench:orders"


def deliver(order: dict[str, Any]) -> None:
    """Call the partner with the order: one message, one job, one client."""
    client = zeep.Client(os.environ["TUTORIAL_WSDL"])
    service = client.create_service(f"{{{NAMESPACE}}}Orders", os.environ["TUTORIAL_PARTNER"])
    service.submitOrder(**order)
