"""A username is given once, by two processes at once as well (docs/decisions/usernames.md)."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.common_settings import Environment
from config.redis.connection import socket_url
from config.redis.store import Store
from config.sql.database import Database
from idp.settings import Settings
from tests.builders.accounts import account_parts
from tests.builders.operators import OPERATOR

TREE = Path(__file__).parents[3]
EACH = 6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "plain"), [(Environment.PRODUCTION, "jdupont"), (Environment.RECETTE, "j.dupont")]
)
def test_homonyms_that_two_processes_create_get_a_username_each(
    settings: Settings, address: str, database: Database, redis_socket: Path, store: Store, environment, plain
):
    parts = account_parts(settings, database, store)  # which makes the key that the nodes share
    program = [sys.executable, "-m", "tests.contracts.databases.creating_accounts"]
    arguments = [address, socket_url(redis_socket), str(settings.data_folder), environment.value, str(EACH)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ExitStack() as stack:
        nodes = [stack.enter_context(subprocess.Popen([*program, *arguments], cwd=TREE, **pipes)) for _ in range(2)]
        assert [node.stdout.readline() for node in nodes] == ["ready\n"] * 2
        for node in nodes:
            node.stdin.write("go\n")
            node.stdin.flush()
        given = [username for node in nodes for username in node.communicate(timeout=60)[0].split()]
    assert [node.returncode for node in nodes] == [0, 0]
    assert sorted(given) == sorted([plain, *(f"{plain}{number}" for number in range(2, 2 * EACH + 1))])
    assert {snapshot.login for snapshot in parts.accounts.list()} == set(given)


def test_a_username_is_not_given_again_once_its_account_is_closed(settings, database, store):
    parts = account_parts(settings, database, store)
    jeanne = parts.opens(password=None)
    parts.service.disable(jeanne.login, actor=OPERATOR)
    assert parts.opens(password=None).login == "jdupont2"
