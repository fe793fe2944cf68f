"""The gateway as an ASGI application: paths, methods, and an answer for everything.

Every answer to a POST is a SOAP envelope, whatever was sent. What nobody foresaw is
answered with an id, and logged with its traceback under that id.
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from jmswrap import clock, log
from jmswrap.accept.hosting import Engine, Hosting, Open
from jmswrap.accept.watch import StoreWatch
from jmswrap.contract.publish import wanted_file
from jmswrap.errors import JmswrapError, Refused, Unavailable
from jmswrap.soap import faults, guard, host, pages
from jmswrap.soap.admission import Admission
from jmswrap.soap.desk import Desk, Desks
from jmswrap.soap.faults import Answer, Headers, SoapFault

Scope = MutableMapping[str, Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_READ = "GET, HEAD"
_PROBES = ("/health", "/ready")
RETIRED_SECONDS = 700.0
"""How long the desks of an earlier generation stay open: until the last call at them must have ended."""
_AGAIN: Headers = ((b"retry-after", str(faults.RETRY_SECONDS).encode()),)

_LOG = log.get(__name__)


class Gateway:
    """What gunicorn's ``asgi`` worker runs; one in each process."""

    def __init__(self, hosting: Hosting, open_engine: Open) -> None:
        self._hosting = hosting
        self._open_engine = open_engine
        self._limits = guard.Limits(hosting.settings.max_body_bytes, hosting.settings.body_seconds)
        self._engine: Engine | None = None
        self._admission: Admission | None = None
        self._desks: Desks | None = None
        self._watch: StoreWatch | None = None
        self._retired: list[Desks] = []

    async def __call__(self, scope: Scope, receive: guard.Receive, send: Send) -> None:
        """Serve one request, or the process's start and end."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def open(self) -> None:
        """Open the engine and host the services; once, in the process's event loop."""
        self._engine = await self._open_engine()
        self._admission = Admission(self._hosting.settings.security, self._hosting.clients, self._engine.first_use)
        self._watch = StoreWatch(self._engine.ready, alarm_seconds=self._engine.alarm_seconds)
        await self._watch.start()
        self._desks = Desks(self._hosting, self._engine)
        if self._engine.renewals is not None:
            self._engine.renewals.start(self._renew)

    def ask_for_renewal(self) -> None:
        """Look for a new generation now."""
        if self._engine is not None and self._engine.renewals is not None:
            self._engine.renewals.ask()

    async def close(self) -> None:
        """Answer what was taken, then let go of the connections."""
        for desks in (*self._retired, self._desks):
            if desks is not None:
                desks.close()
        if self._watch is not None:
            await self._watch.stop()
        if self._engine is not None:
            await self._engine.commit.close()
            await self._engine.close()

    def _renew(self, hosting: Hosting, engine: Engine) -> None:
        """Serve another generation from the next call on; those under way end at the desks they came to."""
        # What cannot be hosted raises here, before anything has changed.
        desks = Desks(hosting, engine)
        if self._desks is not None:
            self._retired.append(self._desks)
            asyncio.get_running_loop().call_later(RETIRED_SECONDS, self._retire, self._desks)
        self._admission = Admission(hosting.settings.security, hosting.clients, engine.first_use)
        self._limits = guard.Limits(hosting.settings.max_body_bytes, hosting.settings.body_seconds)
        self._hosting, self._desks = hosting, desks

    def _retire(self, desks: Desks) -> None:
        desks.close()
        self._retired.remove(desks)

    async def _lifespan(self, receive: guard.Receive, send: Send) -> None:
        await receive()
        try:
            await self.open()
        except JmswrapError as error:
            _LOG.error("gateway-not-started", reason=error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        # What was made at the start lives as long as the process: collections need not walk it each time.
        gc.collect()
        gc.freeze()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: guard.Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await _send(send, await self._looked_at(scope))
            return
        try:
            answer, is_unread = await self._post(scope, receive, send)
        except guard.ClientGone:
            return
        await _send(send, answer)
        if is_unread:
            await guard.linger(receive)

    async def _post(self, scope: Scope, receive: guard.Receive, send: Send) -> tuple[Answer, bool]:
        """Return the answer to a call, and whether more of its body may still come."""
        version, is_unread = guard.version_of(scope["headers"]), not guard.awaits_continue(scope["headers"])
        try:
            if objection := host.objection(scope["http_version"], scope["headers"]):
                raise SoapFault(objection, code="host", status=400)
            desk, admission = self._door(scope["path"])
            if self._watch is not None:
                self._watch.require_safe()
            visit = admission.anybody or await admission.visit(scope)
            head = guard.head(scope["headers"])
            guard.check_length(head, self._limits)
            if head.expects_continue:
                await send({"type": "http.response.informational", "status": 100, "headers": []})
            is_unread = True
            body = await guard.read_body(receive, head, self._limits)
            is_unread = False
            return await desk.answer(head, body, visit), is_unread
        except SoapFault as refusal:
            fault = refusal
            _LOG.info("fault", path=scope["path"], code=fault.code, id=fault.id)
        except (Refused, Unavailable) as error:
            fault = _told(scope, error)
        except guard.ClientGone:
            raise
        except Exception:  # noqa: BLE001 - the last catch: a caller always gets an envelope, the log the traceback
            fault = faults.unexpected(_unforeseen(scope))
        return faults.answer(fault, version), is_unread

    def _door(self, path: str) -> tuple[Desk, Admission]:
        if self._desks is None or self._admission is None:
            raise Unavailable("The gateway is starting; send the message again in a moment.")
        found = self._desks.by_path.get(path) or self._desks.by_path.get(_origin(path).removesuffix("/"))
        if found is None:
            raise SoapFault(f"There is no service at {path[:200]}; / lists them.", code="unknown-service", status=404)
        return found, self._admission

    async def _looked_at(self, scope: Scope) -> Answer:
        try:
            return await self._page(scope)
        except Unavailable as error:
            _LOG.warning("unavailable", path=scope["path"], code=error.code, reason=error)
            return pages.text(503, f"not now: {error.code}", _AGAIN)
        except Exception:  # noqa: BLE001 - the last catch, as for calls
            id = _unforeseen(scope)
            return pages.text(500, f"The gateway could not answer. Give the operator this id: {id}.")

    async def _page(self, scope: Scope) -> Answer:
        if objection := host.objection(scope["http_version"], scope["headers"]):
            return pages.text(400, objection)
        path, method = _origin(scope["path"]).removesuffix("/") or "/", scope["method"]
        desk = self._desks.by_path.get(path) if self._desks is not None else None
        if path == "*" and method == "OPTIONS":
            return Answer(204, pages.TEXT, b"", ((b"allow", f"{_READ}, OPTIONS, POST".encode()),))
        if desk is None and path not in ("/", *_PROBES):
            return pages.text(404, "There is nothing here; / lists the services.")
        allow = f"{_READ}, OPTIONS, POST" if desk else f"{_READ}, OPTIONS"
        if method == "OPTIONS":
            return Answer(204, pages.TEXT, b"", ((b"allow", allow.encode()),))
        if method not in ("GET", "HEAD"):
            return pages.text(405, f"Use one of {allow}.", ((b"allow", allow.encode()),))
        if self._admission is not None and not await self._admission.may_look(scope, path in _PROBES):
            challenge = self._admission.challenge()
            return pages.text(401 if challenge else 403, "Say who you are.", challenge)
        if desk is not None:
            return _of_service(desk, scope)
        if path == "/":
            listed = {desk.name: desk.operations for desk in self._desks.by_path.values()} if self._desks else {}
            return pages.index(self._hosting, listed)
        return pages.text(200, "alive") if path == "/health" else await self._ready()

    async def _ready(self) -> Answer:
        try:
            if self._engine is None:
                raise Unavailable("The gateway is starting.")
            await self._engine.ready()
        except Unavailable as error:
            _LOG.warning("not-ready", code=error.code, reason=error)
            return pages.text(503, f"not ready: {error.code}", _AGAIN)
        return pages.text(200, "ready")


def _origin(target: str) -> str:
    """Return the path of a request target; a client that believes it talks to a proxy sends a whole address."""
    _, is_address, rest = target.partition("://") if target[:1] != "/" else (target, "", "")
    return f"/{rest.partition('/')[2]}" if is_address else target


def _told(scope: Scope, error: Refused | Unavailable) -> SoapFault:
    fault = faults.of_error(error)
    if isinstance(error, Unavailable):
        _LOG.warning("unavailable", path=scope["path"], code=fault.code, id=fault.id, reason=error)
    else:
        _LOG.info("fault", path=scope["path"], code=fault.code, id=fault.id)
    return fault


def _unforeseen(scope: Scope) -> str:
    """Log the error that is being handled; return the id under which it stands there."""
    id = clock.new_id()
    _LOG.error("unexpected", exc_info=True, path=scope["path"], id=id)
    return id


def _of_service(desk: Desk, scope: Scope) -> Answer:
    wanted = wanted_file(scope["query_string"])
    if wanted is None:
        return pages.service(desk.name, desk.operations)
    found = desk.wsdl() if wanted == "wsdl" else desk.file(wanted.removeprefix("xsd="))
    if found is None:
        return pages.text(404, f"{desk.name} has no such schema; ?wsdl names those it has.")
    tags, codings = (_all(scope, name) for name in (b"if-none-match", b"accept-encoding"))
    return pages.document(found, tags, zipped=pages.takes_gzip(codings))


def _all(scope: Scope, wanted: bytes) -> str:
    """Return a header's values as one list, as RFC 9110 §5.3 has it."""
    return ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == wanted)


async def _send(send: Send, answer: Answer) -> None:
    headers: Headers = (
        (b"content-type", _content_type(answer.media_type)),
        (b"content-length", str(len(answer.body)).encode()),
        *answer.headers,
    )
    if answer.status in (204, 304):
        headers = answer.headers
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _content_type(media_type: str) -> bytes:
    return media_type.encode() if "charset" in media_type else f"{media_type}; charset=utf-8".encode()
