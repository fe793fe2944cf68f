"""Whether the gateway, or a simulated partner, stands: ``up`` asks it as a load balancer would."""

import asyncio
import ssl

_REQUEST = b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


async def answers_ready(host: str, port: int, has_tls: bool) -> bool:
    """Tell whether it answers that it is ready, or that it tells that to callers it knows only.

    A gateway that wants a certificate ends the connection of this probe, which has none, during the
    handshake or (TLS 1.3) after it, without a word: it stands, too.
    """
    try:
        reader, writer = await asyncio.open_connection(host, port, ssl=_unverified() if has_tls else None)
    except ssl.SSLError:
        return True
    except OSError:
        return False
    try:
        writer.write(_REQUEST)
        await writer.drain()
        line = await reader.readline()
        return (has_tls and not line) or any(status in line for status in (b" 200 ", b" 401 ", b" 403 "))
    except OSError:
        return has_tls
    finally:
        writer.close()


def _unverified() -> ssl.SSLContext:
    # The gateway is a child of this process; its certificate is for the name that callers use.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
