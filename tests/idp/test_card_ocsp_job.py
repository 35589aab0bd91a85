"""A card whose revocation is unknown is refused, and a job asks the responder about it: its holder tries again."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from card_bridge.verification.refusals import CardRefused, Refusal
from config.jobs import Job
from idp.container.card_revocation import revocation_fetching
from idp.container.cards import OCSP_JOB
from tests.builders.card_trust import issued


@pytest.fixture
def changed_settings(card_settings: dict[str, Any]) -> dict[str, Any]:
    return card_settings | {"card_ocsp_address": "http://127.0.0.1:1/ocsp"}


def waiting_jobs(idp) -> int:
    with idp.services.database.reading() as connection:
        return len(connection.scalars(select(Job.id).where(Job.kind == OCSP_JOB)).all())


def test_the_responder_is_asked_by_a_job(idp, authority):
    with pytest.raises(CardRefused) as refused:
        idp.services.card_verifier.verify_certificate(issued(authority).der, now=datetime.now(UTC))
    assert (refused.value.reason, waiting_jobs(idp)) == (Refusal.REVOCATION_UNKNOWN, 1)
    revocation_fetching(idp.services)
    assert idp.services.notices.run_due() == 1  # the responder is away: the person tries again, or an operator looks
    assert waiting_jobs(idp) == 0


def test_a_certificate_that_no_authority_has_signed_makes_no_job(idp):
    with pytest.raises(CardRefused):
        idp.services.card_verifier.verify_certificate(b"\x30\x00", now=datetime.now(UTC))
    assert waiting_jobs(idp) == 0
