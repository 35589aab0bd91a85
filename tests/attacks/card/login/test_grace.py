"""Prevents: what one application's grace accepts, after the end of a revocation list, counting elsewhere."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from card_bridge.workstation.virtual.personas import NEWCOMER
from tests.actors.card import Card

AFTER_THE_END = timedelta(days=2, hours=5)  # a list of the test authority counts for two days


@pytest.fixture
def changed_settings(changed_settings, tmp_path):
    """Those of an installation with enrollment."""
    secret = tmp_path / "enrollment-secret"
    secret.write_text("s" * 43)
    secret.chmod(0o600)
    return changed_settings | {"enrollment_secret_file": secret, "account_request_url": "https://enrollment.example/"}


@pytest.mark.parametrize(("passes", "is_handed_over"), [(timedelta(), True), (AFTER_THE_END, False)])
def test_a_card_that_may_be_revoked_is_not_handed_over_to_enrollment(
    idp, browser, dcc, authority, passes, is_handed_over
):
    idp.amends(dcc, card_revocation_grace_hours=6)
    with time_machine.travel(datetime.now(UTC) + passes):
        browser.visits(dcc.asks())
        page = Card(NEWCOMER, authority, idp).logs_in(browser)
    assert page.status == 403
    assert ("card=" in page.link("Demander un compte")) is is_handed_over
