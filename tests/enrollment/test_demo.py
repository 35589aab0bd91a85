"""The queue of the demonstration: invented requests in every state that operators see (enrollment/demo.py)."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from config.reference.numbers import ProfessionalNumber, is_test_number, read_rpps
from config.reference.professions import PROFESSIONS
from enrollment.commands import enrollment
from enrollment.demo import REQUESTS
from enrollment.office.queue import Filters, Queue, QueueState
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


@pytest.mark.parametrize("invented", REQUESTS, ids=lambda invented: invented.family_name)
def test_nobody_exists(invented):
    assert invented.email.endswith("@exemple.test")
    assert invented.profession in PROFESSIONS
    if invented.rpps:
        read = read_rpps(invented.rpps)
        assert isinstance(read, ProfessionalNumber)
        assert is_test_number(read.value)
