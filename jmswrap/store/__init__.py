"""The store: messages and wake-ups on a Redis or Valkey server.

``store.Store`` and ``aio.AsyncStore`` are its two clients, ``server.EmbeddedServer`` a
server of our own, ``wakeup.Bell`` the way to RQ; ``keys.TABLE`` names all that is kept.
"""
