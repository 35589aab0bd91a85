"""`idp keys`: an operator changes the certificate of forty applications over three months, and is told what is left."""

import json
import logging
from dataclasses import dataclass
from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner
from cryptography import x509
from sqlalchemy import update

from config.encryption import KeyEncryption
from idp.keys.certificates import LIFETIME
from idp.keys.commands import keys
from idp.keys.signing_keys import KeyState, SigningKey
from tests.builders.key_rotation import BEGINNING, EIGHT_DAYS, Region

pytestmark = pytest.mark.slow


@dataclass
class Installation:
    """What the `idp` command passes to the group."""

    services: Region


@pytest.fixture
def region(database):
    return Region.create(database, KeyEncryption({"first": b"k" * 32}))


@pytest.fixture
def run(region):
    def run(*arguments):
        with time_machine.travel(region.now, tick=False):
            return CliRunner().invoke(keys, arguments, obj=Installation(region))

    return run


@pytest.fixture
def three(region):
    """Messagerie and imagerie, told by hand, and pharmacie, which follows our metadata."""
    region.registers("imagerie")
    region.registers("messagerie")
    region.registers("pharmacie", follows_our_metadata=True)


def test_the_list_says_when_each_certificate_ends_and_for_whom_its_key_answers(run, region, three):
    listed = run("list")
    assert listed.exit_code == 0
    current = next(line for line in listed.stdout.splitlines() if line.startswith("RS256  current"))
    assert "since 2026-01-05 08:00 UTC" in current
    assert "certificate until 2031-01-04" in current
    assert "3 SAML applications" in current
    assert current.endswith(region.kid(KeyState.CURRENT))
    assert "ends in" not in listed.stdout


def test_the_list_for_a_script(run, region, three):
    rows = json.loads(run("list", "--json").stdout)
    assert {(row["algorithm"], row["state"], row["saml_applications"]) for row in rows} == {
        ("RS256", "current", 3), ("RS256", "next", 0), ("ES256", "current", 0), ("ES256", "next", 0)
    }  # fmt: skip
    assert {row["certificate_ends_at"] for row in rows} == {(BEGINNING + LIFETIME).isoformat()}


def test_with_no_rollover_under_way_nothing_is_left(run, region, three):
    assert run("applications").stdout.splitlines() == [
        f"imagerie    current   {region.kid(KeyState.CURRENT)[:8]}  since 2026-01-05  nothing left to do",
        f"messagerie  current   {region.kid(KeyState.CURRENT)[:8]}  since 2026-01-05  nothing left to do",
        f"pharmacie   current   {region.kid(KeyState.CURRENT)[:8]}  since 2026-01-05  "
        "follows our metadata: moved by us from 2026-01-13",
        "3 SAML applications: 0 on the next key, 3 on the current one, 0 on the previous one.",
        "No application has to be cut over.",
    ]


def test_once_one_is_moved_those_that_are_left_are_named_with_what_to_do(run, region, three):
    done = run("cut-over", "imagerie")
    new, old = region.kid(KeyState.NEXT)[:8], region.kid(KeyState.CURRENT)[:8]
    assert done.stdout.splitlines() == [
        f"imagerie is answered with the next key {new} from now on.",
        f"If it refuses our answers: idp keys cut-over imagerie --to {old}",
    ]
    region.later(EIGHT_DAYS)
    region.follows()
    assert run("applications", "--left").stdout.splitlines() == [
        f"messagerie  current   {old}  since 2026-01-05  once it has the certificate: idp keys cut-over messagerie",
        "3 SAML applications: 2 on the next key, 1 on the current one, 0 on the previous one.",
        "1 to cut over. The certificate to send: idp keys certificate",
    ]
    [row] = json.loads(run("applications", "--left", "--json").stdout)
    assert (row["name"], row["left"], row["state"]) == ("messagerie", "cut-over", "current")
    run("cut-over", "messagerie")
    assert "No application has to be cut over." in run("applications", "--left").stdout
    assert run("rotate").exit_code == 0


def test_what_is_shown_as_the_way_back_is_the_way_back(run, region, three):
    before = region.answers_with("imagerie")
    way_back = run("cut-over", "imagerie").stdout.splitlines()[1].partition("idp keys ")[2].split()
    assert run(*way_back).exit_code == 0
    assert region.answers_with("imagerie") == before


def test_the_certificate_to_send_is_the_next_keys(run, region):
    shown = run("certificate")
    certificate = x509.load_pem_x509_certificate(shown.stdout.encode())
    described = next(key for key in region.keys.descriptions() if key.kid == region.kid(KeyState.NEXT))
    assert certificate.not_valid_after_utc == described.ends_at
    assert run("certificate", region.kid(KeyState.CURRENT)[:8]).stdout != shown.stdout
    assert run("certificate", "no-such-key").exit_code == 3


def test_a_rotation_that_would_take_a_key_in_use_is_refused_and_says_for_whom(run, region, three):
    run("rotate")
    region.later(EIGHT_DAYS)
    region.follows()
    refused = run("rotate")
    assert refused.exit_code == 1
    assert "still answers for imagerie, messagerie." in refused.stderr
    assert "idp keys applications --left" in refused.stderr
    assert "No rotation takes the previous key away until none is on it." in run("applications").stdout


def test_a_rotation_too_soon_is_refused(run, region):
    assert run("rotate").exit_code == 0
    refused = run("rotate")
    assert refused.exit_code == 1
    assert "possible again at 2026-01-06 08:00 UTC" in refused.stderr
    assert run("rotate", "--even-if-recent").exit_code == 0


def test_a_name_or_a_key_that_is_not_there(run, three):
    assert run("cut-over", "massagerie").exit_code == 3
    refused = run("cut-over", "imagerie", "--to", "zzz", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stderr)["error"] == "no-such-key"


def test_a_second_time_is_said(run, three):
    run("cut-over", "imagerie")
    assert "already" in run("cut-over", "imagerie").stdout


def test_one_that_is_suspended_is_not_forgotten(run, region, three):
    region.registry.suspend("messagerie", actor="test")
    run("cut-over", "imagerie")
    assert "idp keys cut-over messagerie  (suspended)" in run("applications", "--left").stdout


# --- certificates that end ------------------------------------------------------------------


@pytest.mark.parametrize("days", [90, 30, 7])
def test_the_list_says_that_certificates_end_and_what_to_do(run, region, days):
    region.later(LIFETIME - timedelta(days=days + 1, seconds=1))
    assert (days == 90) is ("ends in" not in run("list").stdout)
    region.later(timedelta(days=1))
    said = run("list").stdout.splitlines()
    assert (
        f"The certificate of the current RS256 key ends in {days} days. "
        "Cut over whom it answers for (idp keys applications), and rotate the keys."
    ) in said
    assert (
        f"The certificate of the next RS256 key ends in {days} days. "
        "Rotate the keys, and send out the certificate of the next one that this makes."
    ) in said


def test_one_that_has_ended_is_said(run, region):
    region.later(LIFETIME + timedelta(days=1))
    assert "The certificate of the current RS256 key has ended." in run("list").stdout


def test_the_journal_tells_it_once_at_ninety_thirty_and_seven_days(region, caplog):
    """Of one key: the others have not been there as long."""
    others = SigningKey.kid != region.kid(KeyState.CURRENT)
    with region.database.transaction() as session:
        session.execute(update(SigningKey).where(others).values(certificate=None))
    with time_machine.travel(BEGINNING + LIFETIME - timedelta(days=120), tick=False):
        region.keys.ensure()
    told = []
    for left in (120, 91, 90, 89, 31, 30, 29, 8, 7, 6, 0, -1):
        with caplog.at_level(logging.WARNING):
            caplog.clear()
            region.key_rotation.warn(BEGINNING + LIFETIME - timedelta(days=left))
            told += [record.days_left for record in caplog.records]
    assert told == [90, 30, 7]
