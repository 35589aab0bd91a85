"""The self-test: each check fails for its own cause, and says in two languages what to do."""

import json
from pathlib import Path

import pytest

from card_bridge.workstation import selftest
from card_bridge.workstation.operation import look
from card_bridge.workstation.origin_client import Cause
from card_bridge.workstation.selftest import Check, Result, run
from card_bridge.workstation.settings import BridgeSettings
from tests.card_bridge.workstation.readers import NoReaders
from tests.card_bridge.workstation.service import running_service


@pytest.fixture(autouse=True)
def policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of Chrome's policies, empty; no display."""
    monkeypatch.setattr(selftest, "POLICY_FOLDERS", (str(tmp_path),))
    monkeypatch.setattr(selftest, "FIREFOX_POLICIES", (str(tmp_path / "policies.json"),))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return tmp_path


def checks(readers, settings: BridgeSettings | None = None, *, port: int | None = 16731) -> dict[str, Check]:
    return {check.name: check for check in run(settings or BridgeSettings(), look(readers), port=port)}


def test_a_card_that_is_ready_passes(reader):
    found = checks(reader)
    assert found["card"].result is Result.PASSED
    assert found["reader"].found[0] == reader.name


def test_what_is_missing_fails_and_says_what_to_do(reader):
    reader.pull()
    found = checks(reader, port=None)
    assert found["card"].result is Result.WARNING
    for name in ("bridge", "origins", "pin-entry"):
        assert found[name].result is Result.FAILED
        assert all(found[name].to_do)
    assert checks(NoReaders())["reader"].result is Result.FAILED


def test_an_identity_provider_is_reached_or_not(reader):
    with running_service(lambda _method, _path, _members: (200, {})) as service:
        settings = BridgeSettings(origins=(service.origin,), development=True)
        assert checks(reader, settings)["identity-provider"].result is Result.PASSED
        assert service.received == [("GET", "/.well-known/openid-configuration", None)]
    failed = checks(reader, settings)["identity-provider"]
    assert failed.result is Result.FAILED
    assert failed.found == ("Injoignable : pas de connexion.", "Unreachable: no connection (ConnectionRefusedError).")
    assert set(Cause) == selftest.CAUSES_IN_FRENCH.keys()


@pytest.mark.slow
@pytest.mark.parametrize("policy", selftest.CHROMIUM_POLICIES)
def test_a_policy_of_chrome_is_found(policies, reader, policy):
    settings = BridgeSettings(origins=("http://localhost:1",), development=True)
    assert checks(reader, settings)["browsers"].result is Result.WARNING
    (policies / "card.json").write_text(json.dumps({policy: ["http://localhost:1"]}))
    assert checks(reader, settings)["browsers"].result is Result.PASSED


def test_a_policy_of_firefox_names_domains(policies, reader):
    settings = BridgeSettings(origins=("http://localhost:1",), development=True)
    access = {"policies": {"LocalNetworkAccess": {"SkipDomains": ["localhost"]}}}
    (policies / "policies.json").write_text(json.dumps(access))
    assert checks(reader, settings)["browsers"].result is Result.PASSED


@pytest.mark.parametrize("text", ["", "[]", "{", '{"policies": 7}', "\xff"])
def test_a_damaged_policy_counts_as_none(policies, reader, text):
    (policies / "policies.json").write_text(text, encoding="latin-1")
    settings = BridgeSettings(origins=("http://localhost:1",), development=True)
    assert checks(reader, settings)["browsers"].result is Result.WARNING


def test_settings_for_development_are_named(reader):
    weak = BridgeSettings(origins=("http://localhost:1",), pin_from_page=True)
    found = next(check for check in run(weak, look(reader), port=1) if check.name == "origins")
    assert (found.result, "pin_from_page" in found.to_do[0]) == (Result.WARNING, True)
