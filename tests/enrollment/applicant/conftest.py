"""Enrollment with an identity provider that offers the region's communities and applications."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from enrollment.requests.models import EnrollmentRequest
from enrollment.settings import EnrollmentSettings
from tests.actors.applicant import Applicant
from tests.actors.enrollment import Enrollment
from tests.actors.server import Said, Server, a_server
from tests.builders.offer import OFFER


@pytest.fixture
def offering() -> Iterator[Server]:
    """What answers `GET /api/offer` in the place of the identity provider."""
    with a_server() as server:
        server.says = lambda _: Said(content_type="application/json", body=json.dumps(OFFER).encode())
        yield server


@pytest.fixture
def enrollment_settings(enrollment_settings: EnrollmentSettings, offering: Server) -> EnrollmentSettings:
    secret = enrollment_settings.data_folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text("s" * 43, encoding="utf-8")
    return replace(enrollment_settings, idp_issuer=offering.address, idp_secret_file=secret)


@pytest.fixture
def eloise(enrollment: Enrollment) -> Applicant:
    """A doctor who asks for an account; her browser has not been here."""
    return Applicant(enrollment.a_browser(), enrollment.address)


@pytest.fixture
def request_of(enrollment: Enrollment) -> Callable[[], EnrollmentRequest]:
    """The one request in the database, as it is now."""

    def found() -> EnrollmentRequest:
        with enrollment.services.database.transaction() as session:
            return session.scalars(select(EnrollmentRequest)).one()

    return found
