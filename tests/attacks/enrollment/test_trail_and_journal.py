"""Prevents: becoming somebody else, or learning who has asked, from the journal or the audit trail.

Both are copied to places that hold no personal data: a log collector, an archive of many years.
"""

import io
import json
import logging
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from config.audit.trail import AuditEvent
from config.logging_setup import write_journal
from enrollment.journal_rules import JOURNAL_RULES
from enrollment.requests.models import EnrollmentRequest
from tests.actors.applicant import ELOISE_TYPES, Applicant
from tests.actors.enrollment import Enrollment
from tests.enrollment.applicant.test_check import the_link

PERSONAL = {
    value
    for name, value in ELOISE_TYPES.items()
    if name in ("rpps", "family_name", "given_name", "birth_name", "street", "telephone", "email")
} | {"99700123450", "eloise", "daubrac", "+33261911234"}


@pytest.fixture
def journal(enrollment: Enrollment) -> io.StringIO:
    """What enrollment writes while everything is asked for, DEBUG included."""
    written = io.StringIO()
    write_journal("DEBUG", JOURNAL_RULES, to=written)
    return written


@pytest.fixture
def links(eloise: Applicant, enrollment: Enrollment, journal: io.StringIO) -> list[str]:
    """A whole journey: sent, followed, verified, withdrawn, erased. The links that were mailed meanwhile."""
    eloise.sends_a_request("application:dcc", "community:onco-centre")
    eloise.visits("/follow")
    eloise.sends("email", email="eloise.daubrac@exemple.test")
    letters = enrollment.letters()
    eloise.browser.visits(the_link(letters[0]))
    eloise.presses("Confirmer mon adresse")
    status = eloise.page.path
    eloise.visits(f"{status}/data.json")
    eloise.visits(f"{status}/withdraw")
    eloise.presses("Retirer ma demande")
    eloise.visits(f"/verify/{'x' * 43}")
    return [the_link(letter) for letter in enrollment.letters() if "http" in letter.get_content()] + [status]


def test_the_journal_has_no_link_no_name_and_no_address(links: list[str], journal: io.StringIO) -> None:
    logging.getLogger("werkzeug").info("GET %s 200", links[-1])  # as a server's access log does
    written = journal.getvalue()
    assert [json.loads(line) for line in written.splitlines()]
    for link in links:
        assert link.rpartition("/")[2] not in written or len(link.rpartition("/")[2]) < 43
    for personal in PERSONAL:
        assert personal not in written.lower() if personal.islower() else personal not in written, personal


def test_the_trail_has_no_link_no_name_and_no_address(links: list[str], enrollment: Enrollment) -> None:
    with enrollment.services.database.reading() as connection:
        lines = connection.execute(select(AuditEvent.__table__)).all()
    assert {line.kind for line in lines} >= {"request.sent", "email.verified", "request.withdrawn"}
    told = json.dumps([dict(line._mapping) for line in lines], default=str, ensure_ascii=False)
    for link in links:
        token = link.rpartition("/")[2]
        assert len(token) < 43 or token not in told
    for personal in PERSONAL:
        assert personal not in told, personal


def test_a_letter_that_waits_is_not_in_the_clear_in_the_database(eloise: Applicant, enrollment: Enrollment) -> None:
    """A letter holds a link: its job is encrypted (config/jobs.py)."""
    eloise.sends_a_request()
    from config.jobs import Job

    with enrollment.services.database.transaction() as session:
        [job] = session.scalars(select(Job))
        assert "verify" not in repr(vars(job))
        assert session.scalars(select(EnrollmentRequest.created_at)).one() < datetime.now(UTC)
    assert "/verify/" in the_link(enrollment.letters()[0])
