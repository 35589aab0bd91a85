"""The readiness check names the revocation lists that are missing or have ended. Logins by password go on."""

from typing import Any

import pytest

from card_bridge.workstation.virtual.profile import Issuer
from idp.container.card_revocation import revocation_gauges
from tests.fixtures.card_login import has_revocation_lists


@pytest.fixture
def changed_settings(card_settings: dict[str, Any]) -> dict[str, Any]:
    return card_settings


def test_lists_that_are_missing_are_named_until_they_are_fetched(idp, authority):
    client, sources = idp.app.test_client(), idp.services.settings.card_revocation_lists
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json["components"]["card_revocation_lists"] == {"state": "stale", "stale": list(sources)}
    [gauge] = revocation_gauges(idp.services)
    assert gauge.read() == len(sources)
    has_revocation_lists(idp.services, authority)
    answer = client.get("/health/ready")
    assert answer.json["components"]["card_revocation_lists"] == {"state": "ready", "stale": []}
    assert gauge.read() == 0


def test_paths_are_validated_when_a_worker_starts(idp, authority):
    """So that the first card of a worker does not wait for pyhanko-certvalidator."""
    authorities = idp.app.extensions["idp"].card_verification.authorities
    subject = authority.intermediate(Issuer.STANDARD).certificate.subject.public_bytes()
    [standard] = authorities.with_subject(subject)
    assert standard.id in authorities._paths
