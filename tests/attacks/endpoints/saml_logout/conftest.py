"""A person who is signed on to two applications."""

from datetime import timedelta

import pytest

from tests.fixtures.logout import registers_leaving


@pytest.fixture
def changed_settings():
    return {"logout_wait": timedelta(milliseconds=1)}


@pytest.fixture
def messagerie(idp):
    return registers_leaving(idp)


@pytest.fixture
def signed_on(browser, jeanne, perinat, messagerie):
    """Jeanne is logged in to the messaging service."""
    browser.logs_in(jeanne, to=perinat)
    return messagerie.sp.signs_on(browser.visits(messagerie.sp.asks()))
