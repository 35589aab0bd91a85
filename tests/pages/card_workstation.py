"""The workstation of a person with a card, for tests in Chromium: reader, card software, and its panel in a page.

The card is in a reader of software, or in the virtual reader of a real PC/SC service, which pyscard reaches (the
fixture `card_reader`).
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, expect

from card_bridge.workstation.origins import Grants
from card_bridge.workstation.settings import BridgeSettings
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import Persona
from tests.card_bridge.workstation.people import AnsweringPerson
from tests.card_bridge.workstation.running_bridge import running_bridge
from tests.fixtures.card import CardReader
from tests.installation import TREE, RunningApplication
from tests.pages.window import Window
from tests.processes import until_ready

PRESS_FOR_PIN = "Saisir mon code PIN"


@dataclass(frozen=True, slots=True)
class Workstation:
    """The computer before the person: its reader, its card software, and the person who answers its windows."""

    authority: Authority
    reader: CardReader
    person: AnsweringPerson

    def inserts(self, persona: Persona) -> None:
        self.reader.insert(make_card(persona, self.authority))

    def pulls(self) -> None:
        self.reader.pull()


@contextmanager
def a_workstation(
    folder: Path, authority: Authority, reader: CardReader, *, origin: str, port: int, pin_from_page: bool = False
) -> Iterator[Workstation]:
    """A workstation that allows this origin, while its card software listens on this port."""
    person = AnsweringPerson()
    settings = BridgeSettings(origins=(origin,), development=True, pin_from_page=pin_from_page)
    with running_bridge(folder, reader.readers, person, settings=settings, port=port):
        yield Workstation(authority, reader, person)


@contextmanager
def running_card_bridge(home: Path, environment: Mapping[str, str], *, origin: str, port: int) -> Iterator[Grants]:
    """The command `card-bridge serve` of a person with this home, in this environment; the origins they confirm."""
    settings, log = home / "settings.toml", home / "bridge.log"
    settings.write_text(f'origins = ["{origin}"]\nports = [{port}]\ndevelopment = true\n', encoding="utf-8")
    settings.chmod(0o600)
    own = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "fr_FR.UTF-8", "XDG_RUNTIME_DIR": str(home / "run")}
    command = [sys.executable, "-m", "card_bridge.workstation", "serve", "--settings", str(settings)]
    with (
        log.open("wb") as written,
        subprocess.Popen(command, cwd=TREE, env=own | environment, stdout=written, stderr=subprocess.STDOUT) as process,
    ):
        try:
            until_ready(process, lambda: "http://" in log.read_text("utf-8"), log=log)
            yield Grants(home / ".local/state/poterne-card-bridge/grants.json")
        finally:
            process.terminate()
            process.wait(20)


def decides(window: Window, origin: str, setting: str) -> None:
    """The person, or the policy of their hospital, has decided about the calls of this origin to this computer."""
    browser = window.context.browser
    assert browser is not None
    target = window.context.new_cdp_session(window.page).send("Target.getTargetInfo")["targetInfo"]
    browser.new_browser_cdp_session().send(
        "Browser.setPermission",
        {
            "permission": {"name": "loopback-network"},
            "setting": setting,
            "origin": origin,
            "browserContextId": target["browserContextId"],
        },
    )


def says(panel: Locator, words: str) -> None:
    """Wait until the panel shows these words."""
    expect(panel.locator(".said .state:not([hidden])")).to_contain_text(words)


def opens_panel(window: Window, application: RunningApplication) -> Locator:
    """Its panel on the sign-on page, from the button of the application."""
    window.opens(application)
    window.page.get_by_role("link", name="Se connecter").click()
    window.page.locator("summary", has_text="Carte CPS").click()
    return window.page.locator("#card")


def waits_for_card(panel: Locator) -> None:
    """Wait until the panel has found the software and the reader, and looks for a card by itself."""
    says(panel, "La lecture démarre toute seule")
    marks(panel, "Logiciel prêt", "Lecteur prêt", "Carte attendue")


def marks(panel: Locator, software: str, reader: str, card: str) -> None:
    """Wait until the panel says this of the software, the reader and the card."""
    expect(panel.locator(".checks > li")).to_have_text([software, reader, card])
