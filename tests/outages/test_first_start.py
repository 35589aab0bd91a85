"""Begun by several at once, a new installation is made once: its tables, its keys, its Redis."""

import json
import subprocess

import pytest
from sqlalchemy import func, select

from config.audit.trail import AuditEvent
from config.commands import ExitCode
from config.encryption import DEVELOPMENT_FILE, make_encryption_key_file
from config.redis.connection import socket_url
from config.sql.database import Database
from idp.audit_kinds import IdpAuditKind
from idp.keys.signing_keys import SigningKey
from idp.migrations import MIGRATIONS
from tests.outages.service import Service
from tests.processes import until

KEYS_OF_A_NEW_INSTALLATION = 4  # of two algorithms, current and next


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def stores(request, redis_socket):
    """Settings that name the stores of a new installation; SQLite and the private Redis are named by none."""
    if request.param == "sqlite":
        yield {}
        return
    with request.getfixturevalue("postgresql").empty_database("first_start") as url:
        yield {"database_url": url}


def test_two_migrations_at_once_make_the_tables_once(new_service, stores):
    service = new_service(empty=True, **stores)
    both = [service.begins("migrate") for _ in range(2)]
    said = sorted(written(command) for command in both)
    assert said == ["The tables are now up to date.\n", "The tables were already up to date.\n"]
    database = Database.open(service.settings)
    assert MIGRATIONS.is_current(database)
    database.close()


def test_two_commands_at_once_make_one_set_of_keys_and_two_rotations_follow_each_other(new_service, stores):
    service = new_service(empty=True, **stores)
    both = [service.begins("keys", "list", "--json") for _ in range(2)]
    first, second = (json.loads(written(command)) for command in both)
    assert first == second
    assert_keys_were_made_once(service)

    rotations = [service.begins("keys", "rotate", "--even-if-recent") for _ in range(2)]
    for rotation in rotations:  # they follow each other: what was next signed for a moment, and is now previous
        written(rotation)
    after = {(key["algorithm"], key["state"]): key["kid"] for key in json.loads(service.idp("keys", "list", "--json"))}
    for algorithm in ("RS256", "ES256"):
        was_next = next(key["kid"] for key in first if (key["algorithm"], key["state"]) == (algorithm, "next"))
        assert after[algorithm, "previous"] == was_next


def test_of_two_services_in_one_folder_one_serves_and_the_other_says_why_it_does_not(new_service):
    first, second = new_service(empty=True), new_service(empty=True)
    first.begin()
    second.begin()
    serving, refused = until(lambda: _one_has_ended(first, second))
    assert refused.process is not None
    assert refused.process.returncode == ExitCode.UNAVAILABLE
    # In a log that both write to.
    assert len([line for line in refused.log.splitlines() if "Redis is already in use" in line]) == 1
    assert "Traceback" not in refused.log
    serving.wait_until_ready()
    assert len(serving.children("redis-server")) == 1
    assert_keys_are_published(serving)
    assert_keys_were_made_once(serving)


@pytest.mark.postgresql
def test_two_nodes_that_start_at_once_publish_the_same_keys(new_service, tmp_path, postgresql, redis_socket):
    """Many machines: their own folders and processes; one database, one Redis, one key-encryption key."""
    key = tmp_path / DEVELOPMENT_FILE
    make_encryption_key_file(key)
    with postgresql.empty_database("nodes") as url:
        shared = {"database_url": url, "redis_url": socket_url(redis_socket), "key_encryption_key_file": key}
        nodes = [new_service(empty=True, folder=tmp_path / name, **shared) for name in ("one", "two")]
        for node in nodes:
            node.begin()
        for node in nodes:
            node.wait_until_ready()
        assert assert_keys_are_published(nodes[0]) == assert_keys_are_published(nodes[1])
        assert_keys_were_made_once(nodes[0])
        for node in nodes:
            node.stop()


def written(command: "subprocess.Popen[str]") -> str:
    said, complained = command.communicate()
    assert command.returncode == 0, complained
    return said


def _one_has_ended(first: Service, second: Service) -> tuple[Service, Service] | None:
    for one, other in ((first, second), (second, first)):
        assert one.process is not None
        if one.process.poll() is not None:
            return other, one
    return None


def assert_keys_are_published(service: Service) -> set[str]:
    published = service.anyone().asks(f"{service.issuer}/oidc/jwks").get_json()
    assert len(published["keys"]) == KEYS_OF_A_NEW_INSTALLATION
    return {key["kid"] for key in published["keys"]}


def assert_keys_were_made_once(service: Service) -> None:
    database = Database.open(service.settings)
    with database.reading() as connection:
        made = select(func.count()).where(AuditEvent.kind == IdpAuditKind.KEYS_MADE)
        assert connection.execute(made).scalar() == 1
        assert connection.execute(select(func.count()).select_from(SigningKey)).scalar() == KEYS_OF_A_NEW_INSTALLATION
    database.close()
