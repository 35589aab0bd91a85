"""The log as attacks on the endpoints look at it, and an artifact."""

import io
import json

import pytest

from config.logging_setup import write_journal
from idp.journal_rules import JOURNAL_RULES


@pytest.fixture
def journal(idp):
    """The log from now on, one object a line."""
    written = io.StringIO()
    write_journal("INFO", JOURNAL_RULES, to=written)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.fixture
def artifact(browser, jeanne, by_artifact) -> str:
    """An artifact that was just issued for Jeanne."""
    browser.visits(by_artifact.asks())
    return by_artifact.is_brought(browser.gives(jeanne)).artifact
