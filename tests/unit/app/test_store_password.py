"""The password of a store's server: by reference, used by every client, shown nowhere."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from jmswrap.app import connections, stores
from jmswrap.app.examination import check
from jmswrap.app.integration import Integration, load
from jmswrap.app.store_password import with_password
from jmswrap.errors import StoreDown
from jmswrap.store.opening import rq_settings
from jmswrap.store.server import EmbeddedServer

SECRET = "p@ss:w/rd %"
FILE = """jmswrap: 1
name: locked
store: {{url: "{url}"{further}}}
routes: {{}}
"""


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[str]:
    """The address of a server that wants a password."""
    with EmbeddedServer(tmp_path / "store") as server:
        with redis.Redis.from_url(server.url) as client:
            client.config_set("requirepass", SECRET)
        yield server.url
        with redis.Redis.from_url(server.url, password=SECRET) as client:
            client.config_set("requirepass", "")


def integration(folder: Path, url: str, further: str) -> Path:
    (folder / "jmswrap.yaml").write_text(FILE.format(url=url, further=further))
    return folder


def test_every_client_of_a_server_shows_the_password_of_the_reference(
    tmp_path: Path, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_PASSWORD", SECRET)
    found = load(integration(tmp_path, locked, ", password: 'env:STORE_PASSWORD'"))
    opened = connections.connect(found)
    assert opened.store.client.ping()
    opened.close()
    asyncio.run(_ready(found))
    rq = rq_settings(with_password(found.config, found.folder, stores.store_url(found)))
    with redis.Redis.from_url(rq["REDIS_URL"]) as client:
        assert client.ping()
    assert "p@ss" not in stores.store_url(found)


async def _ready(found: Integration) -> None:
    store = stores.connect_async(found)
    await store.ready()
    await store.client.aclose()


def test_a_wrong_password_is_one_sentence_without_it(
    tmp_path: Path, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_PASSWORD", "wrong-one")
    opened = connections.connect(load(integration(tmp_path, locked, ", password: 'env:STORE_PASSWORD'")))
    with pytest.raises(StoreDown, match=r"check the user in store\.url and store\.password") as raised:
        opened.store.record("m1")
    opened.close()
    assert "wrong-one" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "further", "said"),
    [
        ("redis://:hunter2@db.example", "", "`store.url` holds a password: name where it is in `store.password`"),
        ("sentinel://app:hunter2@a:1/orders", "", "`store.url` holds a password"),
        ("redis://db.example", ", password: hunter2", "`store.password` must be a reference"),
        ("redis://db.example", ", password: 'env:NO_SUCH_SECRET'", "NO_SUCH_SECRET"),
        ("sentinel://a:1/orders", ", sentinel_password: hunter2", "`store.sentinel_password` must be a reference"),
        ("sentinel://a:1/orders", ", sentinel_password: 'env:NO_SUCH_SECRET'", "NO_SUCH_SECRET"),
        ("redis://a", ", sentinel_password: 'env:PATH'", "is of use with a `store.url` of sentinels only"),
        ("sentinel://a:1/orders?hunter2", "", "`store.url` says too little"),
        ("", ", password: 'env:NO_SUCH_SECRET'", "`store.password` is of no use to the embedded server"),
        ("redis://db.example", "}\nhistory: {url: 'postgresql://u:hunter2@db/x'", "`history.url` holds a password"),
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path, url: str, further: str, said: str) -> None:
    sentences = [problem.sentence for problem in check(integration(tmp_path, url, further))]
    assert any(said in sentence for sentence in sentences), sentences
    assert not any("hunter2" in sentence for sentence in sentences)
