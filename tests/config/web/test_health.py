"""Readiness (config/web/health.py), with a real Redis that refuses in each of its ways."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from config.redis.connection import client_for, socket_url
from config.redis.servers import warn_at_start
from config.redis.store import Store
from config.web.health import health_blueprint
from tests.fixtures.services import start_redis
from tests.processes import until


@pytest.fixture
def client(database, store):
    app = Flask("health")
    app.register_blueprint(health_blueprint(database, store))
    return app.test_client()


@contextmanager
def configured(redis_url: str, **changed: str) -> Iterator[None]:
    with client_for(redis_url) as client:
        before = {name: client.config_get(name.replace("_", "-"))[name.replace("_", "-")] for name in changed}
        for name, value in changed.items():
            client.config_set(name.replace("_", "-"), value)
        try:
            yield
        finally:
            for name, value in before.items():
                client.config_set(name.replace("_", "-"), value)


def test_what_is_there_is_ready(client):
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["status"] == "ready"
    assert told["components"]["database"] == {"state": "ready"}
    assert told["components"]["redis"]["state"] == "ready"
    assert told["components"]["redis"]["warnings"] == []


@pytest.mark.parametrize(
    "changed",
    [{"maxmemory": "1"}, {"min_replicas_to_write": "1"}],
    ids=["full", "without the replicas it wants"],
)
def test_a_redis_that_refuses_writes_is_not_ready(client, redis_url, changed):
    with configured(redis_url, **changed):
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.get_json()["components"]["redis"] == {"state": "refuses writes"}
        assert answer.get_json()["components"]["database"] == {"state": "ready"}
    assert client.get("/health/ready").status_code == 200


@pytest.mark.slow
def test_a_redis_that_cannot_save_is_not_ready(database, tmp_path):
    """MISCONF: it refuses writes when the last snapshot could not be written."""
    gone = tmp_path / "gone"
    gone.mkdir()
    server, socket = start_redis(tmp_path, "--dir", str(gone), "--save", "900", "1")
    with server, client_for(socket_url(socket)) as redis:
        try:
            app = Flask("health")
            app.register_blueprint(health_blueprint(database, Store(redis)))
            assert app.test_client().get("/health/ready").status_code == 200
            gone.rmdir()
            redis.bgsave()
            until(lambda: redis.info("persistence")["rdb_last_bgsave_status"] == "err")
            answer = app.test_client().get("/health/ready")
            assert answer.status_code == 503
            assert answer.get_json()["components"]["redis"] == {"state": "refuses writes"}
        finally:
            server.kill()


def test_a_replica_is_not_ready(client, redis_url):
    with client_for(redis_url) as redis:
        redis.execute_command("REPLICAOF", "127.0.0.1", "1")
        try:
            assert client.get("/health/ready").status_code == 503
        finally:
            redis.execute_command("REPLICAOF", "NO", "ONE")
    assert client.get("/health/ready").status_code == 200


def test_a_policy_that_forgets_early_and_a_memory_nearly_full_are_shown(client, redis_url):
    with client_for(redis_url) as redis:
        nearly = int(redis.info("memory")["used_memory"] * 1.15)
    with configured(redis_url, maxmemory_policy="allkeys-lru", maxmemory=str(nearly)):
        told = client.get("/health/ready").get_json()["components"]["redis"]
    policy, memory = told["warnings"]
    assert "allkeys-lru" in policy
    assert "noeviction" in policy
    assert "of maxmemory is used" in memory
    assert told["memory_limit"] == nearly


def test_the_policy_is_said_at_start(store, redis_url, caplog):
    with caplog.at_level(logging.INFO):
        warn_at_start(store.link)
        assert caplog.records == []
        with configured(redis_url, maxmemory_policy="volatile-ttl"):
            warn_at_start(store.link)
    (line,) = caplog.records
    assert line.levelname == "WARNING"
    assert "volatile-ttl" in line.getMessage()


def test_an_outage_is_one_line_when_it_begins_and_one_when_it_ends(client, store: Store, redis_url, caplog):
    with caplog.at_level(logging.INFO, logger="poterne.stores"):
        with configured(redis_url, maxmemory="1"):
            for _ in range(5):
                client.get("/health/ready")
            store.ping()  # a full Redis still reads: that does not end it
            client.get("/health/ready")
        for _ in range(3):
            client.get("/health/ready")
    began, ended = caplog.records
    assert (began.levelname, began.getMessage()) == ("WARNING", "redis refuses commands: OOM")
    assert ended.levelname == "INFO"
    assert ended.getMessage().startswith("redis is back after")
