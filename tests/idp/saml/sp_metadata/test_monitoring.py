"""Operators are warned in time of metadata and certificates that end, and of refreshes that fail."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from idp.saml.sp_metadata.aggregate_refresh import AggregateRefresh
from idp.saml.sp_metadata.monitoring import WarningLog, statuses
from tests.builders.metadata import MESSAGING, a_signed_entity, a_signer, an_aggregate, an_entity, in_days, signed
from tests.fixtures.metadata import by_url


@pytest.fixture
def messaging(sp_metadata, publisher):
    return sp_metadata.registers(by_url(publisher.publishes(a_signed_entity())), MESSAGING)


def states(sp_metadata, now=None):
    return {
        each.name: each.state
        for each in statuses(sp_metadata.service.sources, sp_metadata.service.followers, now or datetime.now(UTC))
    }


@pytest.mark.parametrize(
    ("days", "state"),
    [(0, "in force"), (4.5, "ends within 3 days"), (6.5, "ends within a day"), (8, "expired")],
)
def test_metadata_that_end_soon_have_a_warning(sp_metadata, messaging, days, state):
    assert states(sp_metadata, datetime.now(UTC) + timedelta(days=days)) == {"messagerie": state}


@pytest.mark.parametrize(
    ("days", "state"),
    [
        (40, "in force"),
        (29, "a certificate ends within 30 days"),
        (6, "a certificate ends within 7 days"),
        (-1, "a certificate has ended"),
    ],
)
def test_certificates_that_end_soon_have_a_warning(sp_metadata, publisher, days, state):
    key = a_signer(f"sp-{days}.exemple.test", good_for=days)
    sp_metadata.registers(by_url(publisher.publishes(a_signed_entity(certificate=key.certificate))), MESSAGING)
    assert states(sp_metadata) == {"messagerie": state}


def test_a_source_that_was_never_fetched_has_a_warning(sp_metadata, publisher):
    sp_metadata.source("renater", publisher.publishes(signed(an_aggregate(an_entity()))))
    assert states(sp_metadata) == {"renater": "never fetched"}


def test_a_warning_is_logged_once_a_day(sp_metadata, publisher, caplog):
    sp_metadata.registers(by_url(publisher.publishes(a_signed_entity(valid_until=in_days(2)))), MESSAGING)
    warnings = WarningLog(sp_metadata.service.sources, sp_metadata.service.followers)
    now = datetime.now(UTC)
    with caplog.at_level(logging.WARNING, logger="poterne.metadata"):
        for at in (now, now + timedelta(minutes=1), now + timedelta(days=1, minutes=1)):
            warnings.warn(at)
    assert [record.getMessage() for record in caplog.records] == [
        "metadata of a service provider: ends within 2 days",
        "metadata of a service provider: ends within a day",
    ]


def test_a_sweep_goes_on_after_a_refresh_that_raises(sp_metadata, publisher, messaging, monkeypatch, caplog):
    sp_metadata.source(
        "renater", publisher.publishes(signed(an_aggregate(an_entity("https://autre.example/sp"))), at="/all")
    )

    def breaks(*_args, **_named):
        raise RuntimeError("a bug")

    monkeypatch.setattr(AggregateRefresh, "refresh", breaks)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=4)):
        sp_metadata.service.schedule().sweep()
    assert sp_metadata.follower().refreshed_at is not None
    assert "a metadata refresh failed" in caplog.messages
