"""The queue of the demonstration: invented requests in every state that operators see (enrollment/demo.py)."""

from collections import Counter
from datetime import UTC, datetime

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select

from config.reference.numbers import ProfessionalNumber, read_rpps
from config.reference.professions import PROFESSIONS
from enrollment.commands import enrollment
from enrollment.demo import REQUESTS
from enrollment.demo_register import HEADER, REGISTERED
from enrollment.office.evidence import claim_of
from enrollment.office.queue import Filters, Queue, QueueState
from enrollment.register.matching import RegisterOutcome, evidence_for
from enrollment.register.register import Register
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.states import RequestState


@pytest.fixture
def settings_file(enrollment_settings, enrollment_database, tmp_path):
    file = tmp_path / "enrollment.toml"
    file.write_text(
        f'environment = "development"\naddress = "http://127.0.0.1:8401"\nidp_issuer = "http://localhost:8400"\n'
        f'mail_transport = "folder"\ndata_folder = "{enrollment_settings.data_folder}"\n',
        encoding="utf-8",
    )
    return file


def test_the_command_fills_the_queue_once(settings_file, enrollment_database):
    for said in (f"{len(REQUESTS)} invented requests were added.", "There are requests already"):
        result = CliRunner().invoke(enrollment, ["--settings", str(settings_file), "demo-requests"])
        assert result.exit_code == 0, result.output
        assert said in result.output
    with enrollment_database.reading() as connection:
        states = Counter(connection.scalars(select(EnrollmentRequest.state)))
    assert set(states) == set(RequestState) - {RequestState.DRAFT}
    shown = Queue(enrollment_database).page(Filters(state=QueueState.ALL), now=datetime.now(UTC))
    assert len(shown.lines) == len(REQUESTS) - states[RequestState.UNVERIFIED]


def test_the_register_has_some_of_the_people_and_not_others(settings_file, enrollment_database):
    CliRunner().invoke(enrollment, ["--settings", str(settings_file), "demo-requests"])
    register = Register(enrollment_database)
    with enrollment_database.transaction() as session:
        requests = session.scalars(select(EnrollmentRequest).where(EnrollmentRequest.rpps != "")).all()
        outcomes = {each.family_name: evidence_for(register, claim_of(each)).outcome for each in requests}
    assert set(outcomes.values()) == {RegisterOutcome.MATCHED, RegisterOutcome.DIFFERS, RegisterOutcome.UNKNOWN}
    assert outcomes["d’Aubrac"] is RegisterOutcome.MATCHED


@pytest.mark.parametrize("now", ["2026-12-31T23:30:00Z", "2027-03-28T01:00:00Z"])
def test_the_register_was_published_now(settings_file, enrollment_database, now):
    """The name of an extract has the time in Paris."""
    with time_machine.travel(now, tick=False):
        CliRunner().invoke(enrollment, ["--settings", str(settings_file), "demo-requests"])
    extract = Register(enrollment_database).current()
    assert extract is not None
    assert extract.published_at == datetime.fromisoformat(now)


@pytest.mark.parametrize("invented", REQUESTS, ids=lambda invented: invented.family_name)
def test_nobody_exists(invented):
    assert invented.email.endswith("@exemple.test")
    assert invented.profession in PROFESSIONS
    if invented.rpps:
        read = read_rpps(invented.rpps)
        assert isinstance(read, ProfessionalNumber)
        assert read.value.startswith("997"), "the range that the agency reserves for tests"


@pytest.mark.parametrize("line", REGISTERED, ids=lambda line: line[3])
def test_nobody_in_the_register_exists(line):
    read = read_rpps(line[0].removeprefix("8"))
    assert isinstance(read, ProfessionalNumber)
    assert read.value.startswith("997"), "the range that the agency reserves for tests"
    assert len(line) == len(HEADER)
