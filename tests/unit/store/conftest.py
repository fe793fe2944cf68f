"""Fixtures of the store's tests."""

import pytest
from store_desk import Desk

from jmswrap.store.store import Store


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)
