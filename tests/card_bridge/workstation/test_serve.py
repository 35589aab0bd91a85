"""`card-bridge serve` as a process: one for each user, its memory and files to itself, nothing secret in its log."""

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from card_bridge.workstation.virtual.kit import Kit
from card_bridge.workstation.virtual.personas import DOCTOR
from tests.card_bridge.workstation.bridge_process import BridgeProcess, running_bridge_process
from tests.card_bridge.workstation.running_bridge import NONCE, ORIGIN
from tests.processes import until

pytestmark = pytest.mark.slow

LOGIN = {"purpose": "login", "nonce": NONCE, "code": "KMT 482"}


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    kit = Kit.make(tmp_path_factory.mktemp("kit"), address="http://127.0.0.1:1", authority_bits=2048)
    kit.insert(DOCTOR)
    return kit


@pytest.fixture
def running(tmp_path: Path, kit: Kit) -> Iterator[BridgeProcess]:
    with running_bridge_process(tmp_path, kit.folder, [ORIGIN], answers=["ok", "pin 1234"]) as process:
        yield process


def test_a_page_gets_an_assertion_and_the_log_no_secret(running):
    answer = running.bridge.call("sign", LOGIN)
    assert "assertion" in answer.json
    assert "KMT 482" in running.heard
    log = running.log.read_text("utf-8")
    for secret in ("1234", NONCE, "KMT 482", "DUPONT", answer.json["assertion"][60:100]):
        assert secret not in log


def test_its_memory_is_neither_dumped_nor_read_by_others(running):
    """proc(5): the files of a process that is not dumpable belong to root; prctl(2), PR_SET_DUMPABLE."""
    limits = Path(f"/proc/{running.process.pid}/limits").read_text("ascii")
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def test_its_files_are_its_users_own(running):
    running.bridge.call("sign", LOGIN)
    files = [
        running.home / "run/poterne-card-bridge/port",
        running.home / ".local/state/poterne-card-bridge/grants.json",
    ]
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_when_it_ends_the_commands_say_that_it_does_not_run(running):
    running.process.terminate()
    assert running.process.wait(20) == 0
    assert not (running.home / "run/poterne-card-bridge/port").exists()
    assert "[failed] Card bridge" in running.run("selftest").stdout


def test_when_it_ends_an_open_window_is_closed_and_the_page_is_answered(tmp_path, kit):
    with (
        running_bridge_process(tmp_path, kit.folder, [ORIGIN], answers=["ok", "wait"]) as running,
        ThreadPoolExecutor() as page,
    ):
        answer = page.submit(running.bridge.call, "sign", LOGIN)
        heard = running.home / "heard"
        until(lambda: heard.exists() and "GETPIN" in running.heard, what="the question")
        running.process.terminate()
        assert answer.result().json["outcome"] == "pin-cancelled"
        assert running.process.wait(20) == 0


def test_a_user_has_one_bridge(running):
    second = running.run("serve")
    assert (second.returncode, "already running" in second.stderr) == (4, True)
    assert running.run("serve", "--if-not-running").returncode == 0


def test_the_commands_find_the_running_bridge(running):
    said = running.run("selftest")
    assert f"127.0.0.1:{running.bridge.port}" in said.stdout
    assert "[passed] Card: The card is ready. Jeanne DUPONT" in said.stdout


def test_a_confirmed_site_can_be_forgotten(running):
    running.bridge.call("sign", LOGIN)
    assert running.run("origins", "list").stdout == f"{ORIGIN}  confirmed\n"
    assert running.run("origins", "forget", ORIGIN).returncode == 0
    assert running.run("origins", "list").stdout == f"{ORIGIN}  not confirmed yet\n"
    assert running.run("origins", "forget", ORIGIN).returncode == 3


def test_the_self_test_page_says_what_to_do_in_two_languages(running):
    french = running.bridge.navigate("/", Accept_Language="fr").body.decode()
    english = running.bridge.navigate("/?lang=en").body.decode()
    assert "La carte est prête. Jeanne DUPONT" in french
    assert "Retirez « development » et « pin_from_page »" in french
    assert "The card is ready. Jeanne DUPONT" in english
    assert "Aucune copie de la mémoire" in french


def test_the_sheet_has_the_policies_for_these_sites(running):
    sheet = running.bridge.navigate("/sheet").body.decode()
    for policy in ("LoopbackNetworkAllowedForUrls", "LocalNetworkAccessAllowedForUrls", "SkipDomains"):
        assert policy in sheet
    assert ORIGIN in sheet


def test_without_a_site_nothing_is_served(tmp_path, kit):
    with running_bridge_process(tmp_path, kit.folder, [ORIGIN], answers=[]) as running:
        empty = tmp_path / "empty.toml"
        empty.write_text("")
        refused = running.run("serve", "--settings", str(empty))
    assert refused.returncode == 1
    assert "origins" in refused.stderr


def test_when_every_port_is_taken_it_says_so(running, tmp_path):
    settings = tmp_path / "other.toml"
    settings.write_text(f'origins = ["{ORIGIN}"]\nports = [{running.bridge.port}]\n')
    environment = dict(running.environment) | {"XDG_RUNTIME_DIR": str(tmp_path / "another-user")}
    other = BridgeProcess(running.process, running.bridge, running.home, environment, running.log)
    refused = other.run("serve", "--settings", str(settings))
    assert (refused.returncode, "each of" in refused.stderr) == (5, True)
