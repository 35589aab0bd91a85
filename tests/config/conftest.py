"""A store on a redis-server of its own, for the tests of the ground."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.redis_link import client_for, socket_url
from config.store import Store
from tests.services import running_redis


@pytest.fixture(scope="session")
def redis_socket() -> Iterator[Path]:
    """The socket of one redis-server for the whole run; `store` starts each test empty."""
    with running_redis() as socket:
        yield socket


@pytest.fixture
def store(redis_socket: Path) -> Iterator[Store]:
    with client_for(socket_url(redis_socket)) as client:
        client.flushall()
        yield Store(client)
