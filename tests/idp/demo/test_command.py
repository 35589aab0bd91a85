"""`idp demo`, as `make demo` starts it."""

import html
import os
import re
import shlex
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from card_bridge.workstation.virtual.follower import Follower
from card_bridge.workstation.virtual.kit import Kit
from config.sql.database import SQLITE_FILE
from idp.demo.cards import BRIDGE_READY_HEADERS
from idp.demo.people import PEOPLE
from tests.card_bridge.workstation.x11 import Person, running_display
from tests.demonstration import PORTS
from tests.interop.plain_browser import PageReader, PlainBrowser
from tests.ports import free_port, is_free
from tests.processes import until

pytestmark = pytest.mark.slow

RUN = [sys.executable, "-m", "idp", "demo"]


@contextmanager
def a_demonstration(folder: Path, first_port: int, *options: str, **environment: str):
    command = [*RUN, "--folder", str(folder), "--first-port", str(first_port), *options]
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def first_port() -> int:
    """A free port; those of the other programs after it are free too."""
    port = free_port()
    while not all(is_free(port + after) for after in PORTS):
        port = free_port()
    return port


def output_until(process: subprocess.Popen[str], text: str) -> str:
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def trail(folder: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(folder / SQLITE_FILE)) as database:
        return database.execute("SELECT id, kind FROM audit_event ORDER BY id").fetchall()


def revocation_lists(folder: Path) -> str:
    command = [*RUN[:-1], "--settings", str(folder / "settings.toml"), "card", "revocation"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def logs_in_by_the_card(person: Person, *, at: str, confirmed: Path) -> str:
    """By the hand-off to the card bridge, which asks in its own window. The text of the page that is reached."""
    browser = PlainBrowser()
    sign_on = browser.opens(f"{at}/login")
    form = next(form for form in PageReader(sign_on.text).forms if form.action.endswith("/card/ticket"))
    form.fields["door"] = "software"
    page = browser.submits(form, on=sign_on)
    link = html.unescape(re.search(r'href="(http://127[^"]+)"', page.text)[1])
    with ThreadPoolExecutor(1) as navigation:
        reached = navigation.submit(browser.follows, link, on=page)
        person.accepts(person.sees("Carte CPS", focused=False))
        until(confirmed.exists, what="the confirmation of the site")
        person.sees("Carte CPS")
        person.types("1234")
        person.presses_return()
        return reached.result().text


def test_the_demonstration_prints_its_addresses_and_accounts_and_stops_on_a_signal(
    tmp_path, first_port, pcscd, card_slot
):
    """Its second start reads the card in a reader of this computer: one of the tests' own smart card service."""
    with a_demonstration(tmp_path, first_port) as process:
        table = output_until(process, "Ctrl-C")
        assert table.startswith("Poterne is running"), "nothing went wrong before"
        assert all(person.login in table and person.password in table for person in PEOPLE)
        addresses = re.findall(r"http://\S+", table)
        assert len(addresses) == 8
        for address in addresses:
            request = urllib.request.Request(address, headers=BRIDGE_READY_HEADERS)  # noqa: S310 - our own
            with urllib.request.urlopen(request) as response:  # noqa: S310 - our own
                assert response.status == 200
        with urllib.request.urlopen(f"{addresses[0]}/account/request") as response:  # noqa: S310 - our own
            assert response.url == f"{addresses[1]}/", "the page to ask for an account is enrollment's"
        [shown] = re.findall(r"^Commands: (.*)$", table, re.MULTILINE)
        listed = subprocess.run(shlex.split(shown), capture_output=True, text=True, check=True)
        assert all(person.login in listed.stdout for person in PEOPLE)
        [shown] = re.findall(r"^Cards: (.*)$", table, re.MULTILINE)
        listed = subprocess.run(shlex.split(shown), capture_output=True, text=True, check=True)
        assert "doctor" in listed.stdout
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with ExitStack() as held:
        for after in PORTS:
            held.enter_context(socket.create_server(("127.0.0.1", first_port + after)))

    made = trail(tmp_path)
    with (
        running_display() as display,
        closing(Person(display)) as person,
        Follower(Kit.open(tmp_path / "cards"), card_slot),
        a_demonstration(tmp_path, first_port, "--real-reader", DISPLAY=display, LANG="fr_FR.UTF-8") as process,
    ):
        assert "uses the readers of this computer" in output_until(process, "Ctrl-C")
        assert trail(tmp_path) == made, "the second start created something again"
        assert revocation_lists(tmp_path).count("fresh") == 4, "the first card is not refused for want of them"
        confirmed = tmp_path / "cards/state/poterne-card-bridge/grants.json"
        page = logs_in_by_the_card(person, at=f"http://127.0.0.1:{first_port + 11}", confirmed=confirmed)
        assert "Bonjour Jeanne Dupont" in page
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
