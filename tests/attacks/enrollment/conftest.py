"""People before enrollment's pages (tests/fixtures/applicant.py), and a stranger with another browser."""

import pytest

from tests.actors.applicant import Applicant
from tests.actors.enrollment import Enrollment
from tests.fixtures.applicant import eloise, enrollment_settings, offering, request_of

__all__ = ["eloise", "enrollment_settings", "offering", "request_of"]


@pytest.fixture
def stranger(enrollment: Enrollment) -> Applicant:
    """Somebody at another address of the network."""
    return Applicant(enrollment.a_browser(address="198.51.100.9"), enrollment.address)
