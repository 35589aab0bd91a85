"""The account pages lead to the pages of enrollment where further access is asked for, and more time."""

from datetime import UTC, datetime, timedelta

import pytest

WORDS = "Demander d’autres accès"


@pytest.fixture
def account_page(idp, browser, jeanne):
    browser.visits(f"{idp.issuer}/account")
    return browser.gives(jeanne)


class TestWithEnrollment:
    @pytest.fixture
    def changed_settings(self, secret_file):
        return {"enrollment_secret_file": secret_file, "account_request_url": "https://inscription.example/"}

    def test_a_person_who_has_an_account_asks_for_further_access(self, account_page):
        assert account_page.link(WORDS) == "https://inscription.example/more"

    @pytest.mark.usefixtures("account_page")
    def test_access_that_ends_can_be_prolonged(self, idp, browser, jeanne, dcc, perinat):
        idp.entitles(jeanne, dcc.client_id, ends_at=datetime.now(UTC) + timedelta(days=20))
        idp.entitles(jeanne, perinat.client_id)
        page = browser.visits(f"{idp.issuer}/account/profile")
        renewals = [link.address for link in page.links if "Prolonger" in link.words]
        assert renewals == [f"https://inscription.example/renew?application={dcc.client_id}"]


class TestWithAnotherSite:
    @pytest.fixture
    def changed_settings(self):
        return {"account_request_url": "https://portail.example/compte"}

    def test_there_is_no_such_link(self, account_page):
        assert WORDS not in account_page.text
