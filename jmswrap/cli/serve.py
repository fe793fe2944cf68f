"""``jmswrap serve``: the gateway, for one of several machines."""

import os
import socket
import sys
from pathlib import Path

import click

from jmswrap import log
from jmswrap.app import backups, gateway, lifeline, stored, stores
from jmswrap.app.integration import load
from jmswrap.cli import options
from jmswrap.soap import server

LISTENER_VARIABLE = "JMSWRAP_LISTENER"
"""Names the file descriptor of a socket that listens already, when a parent made it."""


@click.command()
@options.config
@click.option(
    "--port", type=click.IntRange(0, 65535), metavar="N", help="Port instead of the configured one; 0 takes a free one."
)
def serve(file: Path, port: int | None) -> None:
    """Run the gateway: SOAP services that queue what they are given.

    Needs the store (`store.url`). Services are at /services/NAME, their WSDLs at ?wsdl;
    / lists them, /health and /ready answer probes. Stop it with Ctrl-C or SIGTERM.
    """
    log.to_stderr()
    integration = load(file)
    stores.store_url(integration)  # refuses now, in a sentence, where no store is configured and none runs
    backups.require_dealt_with(integration)
    stored.tell(integration)
    inherited = os.environ.get(LISTENER_VARIABLE, "")
    if inherited:
        listener = socket.socket(fileno=int(inherited))
    else:
        settings = integration.config.gateway
        listener = server.listen(settings.host, settings.port if port is None else port)
    port_taken = listener.getsockname()[1]
    address = gateway.public_address(integration, port_taken)
    sys.path.insert(0, str(integration.folder))  # a typed service's module may stand beside jmswrap.yaml
    hosting = gateway.hosting(integration, address)
    lifeline.attach(os.environ)
    said = log.get("jmswrap.serve").bind(integration=integration.config.name, address=address)
    server.serve(hosting, gateway.opener(integration, port_taken), listener, lambda: said.info("listening"))
