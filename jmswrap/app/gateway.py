"""The gateway of an integration: what it serves, and how a process opens its engine."""

import asyncio
from dataclasses import replace

from jmswrap.accept.commit import GroupCommit
from jmswrap.accept.hosting import Engine, Hosting, Open
from jmswrap.accept.hosting import hosting as hosting_of
from jmswrap.accept.ringing import Ringer
from jmswrap.app.answering import answers_of
from jmswrap.app.archiving import GATEWAY_PATIENCE_SECONDS, archiver
from jmswrap.app.connections import connect
from jmswrap.app.gateway_renewal import GatewayRenewals, Parts, Succession, public_address
from jmswrap.app.health import caution
from jmswrap.app.integration import Integration
from jmswrap.app.stores import connect_async, store_url
from jmswrap.operate.sweeper import Sweeper
from jmswrap.store.nonces import Nonces


def hosting(integration: Integration, address: str) -> Hosting:
    """Return what the gateway serves; made before its processes are forked."""
    return hosting_of(integration.config, integration.folder, address)


def opener(integration: Integration, port: int = 0) -> Open:
    """Return the function that opens a gateway process's engine, in its event loop.

    ``port`` is where it listens, for the addresses of what it serves later.
    """

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

        answering = Succession(await asyncio.to_thread(answers_of, integration, commit, store, connections.store))

        async def close() -> None:
            await asyncio.to_thread(renewals.stop)
            await answering.close()
            await asyncio.to_thread(sweeper.stop)
            if carrier is not None:
                await asyncio.to_thread(carrier.stop)
            await asyncio.to_thread(ringer.close)
            await store.client.aclose()
            connections.close()

        nonces = Nonces(store.client, store.prefix)
        engine = Engine(
            commit=commit,
            ready=store.ready,
            close=close,
            first_use=nonces.first_use,
            answers=answering.now.answering,
            alarm_seconds=integration.config.health.repeat_seconds,
        )
        renewals = GatewayRenewals(integration, engine, Parts(port, commit, store, connections.store, answering))
        return replace(engine, renewals=renewals)

    return open_engine


__all__ = ["hosting", "opener", "public_address"]
