import pytest

from jmswrap.errors import StoreDown
from jmswrap.store.opening import rq_settings
from jmswrap.store.sentinels import Sentinels, parse


def test_an_address_names_the_sentinels_and_the_primary():
    assert parse("sentinel://a:26379,[::1]:7000,c/orders") == Sentinels(
        "orders", (("a", 26379), ("::1", 7000), ("c", 26379))
    )


def test_user_and_password_are_the_servers():
    found = parse("sentinel://app:p%40ss@a:1/orders")
    assert found is not None
    assert (found.username, found.password, found.addresses) == ("app", "p@ss", (("a", 1),))


def test_the_sentinels_password_is_another_one():
    found = parse("sentinel://:p@a:1/orders?q%3F%2F")
    assert found is not None
    assert (found.name, found.password, found.sentinel_password) == ("orders", "p", "q?/")


def test_other_addresses_are_not_sentinels():
    assert parse("redis://a:6379") is None


@pytest.mark.parametrize("url", ["sentinel://a:1", "sentinel:///orders", "sentinel://a:x/orders", "sentinel://a:1/b/c"])
def test_an_address_that_says_too_little_is_refused(url):
    with pytest.raises(StoreDown, match=r"^store.url (says too little|names a sentinel)"):
        parse(url)


def test_rqs_own_command_gets_its_kind_of_settings():
    assert rq_settings("redis://a:6379") == {"REDIS_URL": "redis://a:6379"}
    sentinel = rq_settings("sentinel://a:1,b:2/orders")["SENTINEL"]
    assert sentinel["INSTANCES"] == [("a", 1), ("b", 2)]
    assert sentinel["MASTER_NAME"] == "orders"
