"""After the end of a revocation list a card is accepted by the grace of an application, and for no other one."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from config.audit.query import every_line

AFTER_THE_END = timedelta(days=2, hours=5)  # a list of the test authority counts for two days


@pytest.fixture
def later(card):
    """The lists were fetched before, and have ended since."""
    with time_machine.travel(datetime.now(UTC) + AFTER_THE_END) as traveller:
        yield traveller


def kinds(idp):
    return [line.kind for line in every_line(idp.services.database)]


@pytest.mark.usefixtures("later")
def test_without_a_grace_the_card_is_refused(idp, browser, dcc, card):
    browser.visits(dcc.asks())
    card.logs_in(browser)
    [refused] = [line for line in every_line(idp.services.database) if line.kind == "login.refused"]
    assert refused.detail["reason"] == "revocation-unknown"


@pytest.mark.usefixtures("later")
def test_a_grace_accepts_the_card_and_the_trail_says_so(idp, browser, dcc, card):
    idp.amends(dcc, card_revocation_grace_hours=6)
    browser.visits(dcc.asks())
    assert dcc.signs_in(card.logs_in(browser)).claims["amr"] == ["sc", "pin", "mfa"]
    [line] = [line for line in every_line(idp.services.database) if line.kind == "card.grace-used"]
    assert line.application == dcc.client_id


@pytest.mark.usefixtures("later")
def test_an_application_without_that_grace_does_not_accept_the_session(idp, browser, dcc, perinat, card, jeanne):
    idp.amends(dcc, card_revocation_grace_hours=6)
    browser.visits(dcc.asks())
    dcc.signs_in(card.logs_in(browser))
    asked = browser.visits(perinat.asks())
    assert asked.asks_for("password")
    signed_in = perinat.signs_in(browser.gives(jeanne))
    assert signed_in.claims["amr"] == ["pwd"]
    idp.amends(perinat, card_revocation_grace_hours=4)
    assert perinat.signs_in(browser.visits(perinat.asks())).claims["amr"] == ["pwd"]
    idp.amends(perinat, card_revocation_grace_hours=6)
    assert "sc" in perinat.signs_in(browser.visits(perinat.asks())).claims["amr"]


def test_a_card_of_a_fresh_list_opens_every_application(idp, browser, dcc, perinat, card):
    browser.visits(dcc.asks())
    dcc.signs_in(card.logs_in(browser))
    assert "sc" in perinat.signs_in(browser.visits(perinat.asks())).claims["amr"]
    assert "card.grace-used" not in kinds(idp)
