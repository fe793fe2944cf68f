"""The gateway of an integration: what it serves, and how a process opens its engine."""

import asyncio

from jmswrap.accept.commit import GroupCommit
from jmswrap.accept.hosting import Engine, Hosting, Open
from jmswrap.accept.hosting import hosting as hosting_of
from jmswrap.accept.ringing import Ringer
from jmswrap.app.answering import answers_of
from jmswrap.app.archiving import GATEWAY_PATIENCE_SECONDS, archiver
from jmswrap.app.connections import connect, connect_async, store_url
from jmswrap.app.health import caution
from jmswrap.app.integration import Integration
from jmswrap.operate.sweeper import Sweeper
from jmswrap.store.nonces import Nonces


def public_address(integration: Integration, port: int) -> str:
    """Return the address without a path that published WSDLs name."""
    gateway = integration.config.gateway
    host = f"[{gateway.host}]" if ":" in gateway.host else gateway.host
    scheme = "https" if gateway.tls.certificate else "http"
    return gateway.public_url.rstrip("/") or f"{scheme}://{host}:{port}"


def hosting(integration: Integration, address: str) -> Hosting:
    """Return what the gateway serves; made before its processes are forked."""
    return hosting_of(integration.config, integration.folder, address)


def opener(integration: Integration) -> Open:
    """Return the function that opens a gateway process's engine, in its event loop."""

    async def open_engine() -> Engine:
        url = store_url(integration)
        connections = connect(integration, url)
        store = connect_async(integration, url)
        await asyncio.to_thread(caution, integration, connections.store)
        ringer = Ringer(connections.bell)
        commit = GroupCommit(store, ringer)
        sweeper = Sweeper(connections.store, connections.bell)
        sweeper.start()
        carrier = archiver(integration, connections.store, GATEWAY_PATIENCE_SECONDS)
        if carrier is not None:
            carrier.start()

        answers = answers_of(integration, commit, store, connections.store)

        async def close() -> None:
            await answers.close()
            await asyncio.to_thread(sweeper.stop)
            if carrier is not None:
                await asyncio.to_thread(carrier.stop)
            await asyncio.to_thread(ringer.close)
            await store.client.aclose()
            connections.close()

        nonces = Nonces(store.client, store.prefix)
        return Engine(
            commit=commit,
            ready=store.ready,
            close=close,
            first_use=nonces.first_use,
            answers=answers.answering,
            alarm_seconds=integration.config.health.repeat_seconds,
        )

    return open_engine
