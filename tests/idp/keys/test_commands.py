"""`idp keys`: an operator changes the certificate of forty applications over three months, one by one."""

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
from idp.keys.key_jobs import KeyJobs
from idp.keys.key_ring import KeyState
from idp.keys.signing_keys import SigningKey
from tests.builders.key_rotation import BEGINNING, EIGHT_DAYS, Region
from tests.builders.operators import OPERATOR

pytestmark = pytest.mark.slow


@dataclass
class Installation:
    """The `obj` that the `idp` command passes to the group."""

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
    """Messagerie and imagerie, configured by hand, and pharmacie, which reads our metadata."""
    region.registers("imagerie")
    region.registers("messagerie")
    region.registers("pharmacie", automatic_key_update=True)


def test_the_list_says_when_each_certificate_ends_and_how_many_applications_its_key_signs_for(run, region, three):
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


def test_before_a_key_change_no_step_remains(run, region, three):
    assert run("applications").stdout.splitlines() == [
        f"imagerie    current   {region.kid(KeyState.CURRENT)[:8]}  since 2026-01-05  nothing remains to be done",
        f"messagerie  current   {region.kid(KeyState.CURRENT)[:8]}  since 2026-01-05  nothing remains to be done",
        f"pharmacie   current   {region.kid(KeyState.CURRENT)[:8]}  since 2026-01-05  "
        "reads our metadata; moved automatically from 2026-01-13",
        "3 SAML applications: 0 on the next key, 3 on the current key, 0 on the previous key.",
        "No application has to be cut over.",
    ]


def test_after_the_first_cut_over_the_remaining_applications_are_listed_with_their_step(run, region, three):
    done = run("cut-over", "imagerie")
    new, old = region.kid(KeyState.NEXT)[:8], region.kid(KeyState.CURRENT)[:8]
    assert done.stdout.splitlines() == [
        f"The next key {new} signs for imagerie from now on.",
        f"If the application refuses our answers, move it back: idp keys cut-over imagerie --to {old}",
    ]
    region.later(EIGHT_DAYS)
    region.updates_followers()
    assert run("applications", "--remaining").stdout.splitlines() == [
        f"messagerie  current   {old}  since 2026-01-05  when it has the certificate: idp keys cut-over messagerie",
        "3 SAML applications: 2 on the next key, 1 on the current key, 0 on the previous key.",
        "1 to cut over. Print the certificate to send: idp keys certificate",
    ]
    [row] = json.loads(run("applications", "--remaining", "--json").stdout)
    assert (row["name"], row["remaining_step"], row["state"]) == ("messagerie", "cut-over", "current")
    run("cut-over", "messagerie")
    assert "No application has to be cut over." in run("applications", "--remaining").stdout
    assert run("rotate").exit_code == 0


def test_the_command_shown_to_move_back_moves_back(run, region, three):
    before = region.answers_with("imagerie")
    move_back = run("cut-over", "imagerie").stdout.splitlines()[1].partition("idp keys ")[2].split()
    assert run(*move_back).exit_code == 0
    assert region.answers_with("imagerie") == before


def test_the_certificate_printed_is_that_of_the_next_key(run, region):
    shown = run("certificate")
    certificate = x509.load_pem_x509_certificate(shown.stdout.encode())
    described = next(key for key in region.keys.descriptions() if key.kid == region.kid(KeyState.NEXT))
    assert certificate.not_valid_after_utc == described.ends_at
    current = run("certificate", region.kid(KeyState.CURRENT)[:8])
    assert current.exit_code == 0
    assert current.stdout != shown.stdout
    assert run("certificate", "no-such-key").exit_code == 3


@pytest.mark.parametrize("kid", ["-no-such-key", "--no-such-key"])
def test_a_kid_that_begins_with_a_hyphen_is_no_option(run, kid):
    assert run("certificate", kid).exit_code == 3
    assert run("cut-over", "messagerie", "--to", kid).exit_code != 2


def test_a_rotation_that_would_remove_a_key_in_use_is_refused_and_names_its_applications(run, region, three):
    run("rotate")
    region.later(EIGHT_DAYS)
    region.updates_followers()
    refused = run("rotate")
    assert refused.exit_code == 1
    assert "still signs for imagerie, messagerie." in refused.stderr
    assert "idp keys applications --remaining" in refused.stderr
    assert "The keys cannot be rotated while an application uses the previous key." in run("applications").stdout


def test_a_rotation_too_soon_is_refused(run, region):
    assert run("rotate").exit_code == 0
    refused = run("rotate")
    assert refused.exit_code == 1
    assert "possible at 2026-01-06 08:00 UTC" in refused.stderr
    assert run("rotate", "--even-if-recent").exit_code == 0


def test_an_unknown_application_and_an_unknown_key_are_refused(run, three):
    assert run("cut-over", "massagerie").exit_code == 3
    refused = run("cut-over", "imagerie", "--to", "zzz", "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stderr)["error"] == "no-such-key"


def test_a_second_cut_over_says_that_nothing_was_changed(run, three):
    run("cut-over", "imagerie")
    assert "already" in run("cut-over", "imagerie").stdout


def test_a_suspended_application_still_remains_to_be_cut_over(run, region, three):
    region.registry.suspend("messagerie", actor=OPERATOR)
    run("cut-over", "imagerie")
    assert "idp keys cut-over messagerie  (suspended)" in run("applications", "--remaining").stdout


# --- certificates that end ------------------------------------------------------------------


@pytest.mark.parametrize("days", [90, 30, 7])
def test_the_list_warns_of_certificates_that_end_and_says_what_to_do(run, region, days):
    region.later(LIFETIME - timedelta(days=days + 1, seconds=1))
    assert (days == 90) is ("ends in" not in run("list").stdout)
    region.later(timedelta(days=1))
    said = run("list").stdout.splitlines()
    assert (
        f"The certificate of the current RS256 key ends in {days} days. "
        "Cut over the applications that it signs for (idp keys applications), then rotate the keys."
    ) in said
    assert (
        f"The certificate of the next RS256 key ends in {days} days. "
        "Rotate the keys, then send the certificate of the new next key to the applications."
    ) in said


def test_the_list_says_that_a_certificate_has_ended(run, region):
    region.later(LIFETIME + timedelta(days=1))
    assert "The certificate of the current RS256 key has ended." in run("list").stdout


def test_the_log_warns_once_at_ninety_thirty_and_seven_days(region, caplog):
    """Only one key has an old certificate; the others get new ones."""
    others = SigningKey.kid != region.kid(KeyState.CURRENT)
    with region.database.transaction() as session:
        session.execute(update(SigningKey).where(others).values(certificate=None))
    with time_machine.travel(BEGINNING + LIFETIME - timedelta(days=120), tick=False):
        region.keys.ensure()
    jobs, warned = KeyJobs(region.keys, region.key_rotation), []
    for left in (120, 91, 90, 89, 31, 30, 29, 8, 7, 6, 0, -1):
        with caplog.at_level(logging.WARNING):
            caplog.clear()
            jobs.warn(BEGINNING + LIFETIME - timedelta(days=left))
            warned += [record.days_left for record in caplog.records]
    assert warned == [90, 30, 7]
