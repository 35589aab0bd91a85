"""Metadata are refreshed in time: good ones replace those in force, and others change nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from config.audit.trail import AuditEvent
from relying_parties.problems import RegistrationProblems
from relying_parties.registry.metadata_models import SourceKind
from tests.actors.server import Said
from tests.builders.metadata import MESSAGING, a_signed_entity, a_signer, an_aggregate, an_entity, in_days, signed
from tests.fixtures.metadata import by_source, by_url

pytestmark = pytest.mark.slow

ACS = "https://messagerie.example/saml/acs"
NEW_ACS = "https://messagerie.example/saml/new"
OTHER = "https://autre.example/sp"


def locations(sp_metadata, name="messagerie"):
    found = sp_metadata.registry.by_identifier(name)
    return [endpoint.location for endpoint in found.saml_sp.service_provider.assertion_consumer_services]


def valid_until(sp_metadata, name="messagerie"):
    return sp_metadata.registry.by_identifier(name).saml_sp.service_provider.valid_until


def refreshed(sp_metadata, name="messagerie"):
    (done,) = sp_metadata.service.refresh.named(name)
    return done


def audited(database):
    with database.reading() as connection:
        return [row.kind for row in connection.execute(select(AuditEvent.kind).order_by(AuditEvent.id))]


# --- metadata at an address -------------------------------------------------------------


@pytest.fixture
def messaging(sp_metadata, publisher):
    """The messaging service, registered by the address of its metadata."""
    return sp_metadata.registers(by_url(publisher.publishes(a_signed_entity())), MESSAGING)


def test_an_application_is_registered_by_the_address_of_its_metadata(sp_metadata, messaging):
    assert locations(sp_metadata) == [ACS]
    assert valid_until(sp_metadata) > datetime.now(UTC) + timedelta(days=6)


def test_changed_metadata_amend_the_application_with_an_audit_line(sp_metadata, messaging, publisher, database):
    publisher.publishes(a_signed_entity(acs=[NEW_ACS]))
    assert refreshed(sp_metadata).changed == ("messagerie",)
    assert locations(sp_metadata) == [NEW_ACS]
    assert audited(database) == ["application.registered", "application.amended"]


def test_a_renewed_signature_extends_the_validity_without_an_audit_line(sp_metadata, messaging, publisher, database):
    publisher.publishes(a_signed_entity(valid_until=in_days(14)))
    assert refreshed(sp_metadata).changed == ()
    assert valid_until(sp_metadata) > datetime.now(UTC) + timedelta(days=13)
    assert audited(database) == ["application.registered"]


def test_an_unchanged_document_keeps_its_valid_until(sp_metadata, messaging, publisher):
    refreshed(sp_metadata)
    until = valid_until(sp_metadata)
    assert refreshed(sp_metadata).fault == ""
    assert publisher.server.received[-1].headers["If-None-Match"] == sp_metadata.follower().etag
    assert valid_until(sp_metadata) == until


def test_refused_metadata_leave_those_in_force_until_they_expire(sp_metadata, messaging, publisher):
    until = valid_until(sp_metadata)
    publisher.publishes(a_signed_entity(acs=[NEW_ACS], by=a_signer("stranger.exemple.test")))
    done = refreshed(sp_metadata)
    assert (done.fault, locations(sp_metadata), valid_until(sp_metadata)) == ("signature", [ACS], until)
    assert (sp_metadata.follower().last_error, sp_metadata.follower().failures) == ("signature", 1)


def test_metadata_that_cannot_be_used_are_refused_with_their_problems(sp_metadata, messaging, publisher):
    publisher.publishes(a_signed_entity(acs=["http://messagerie.example/plain"]))
    done = refreshed(sp_metadata)
    assert done.fault == "content"
    assert "http://messagerie.example/plain" in done.message
    assert locations(sp_metadata) == [ACS]


def test_a_document_older_than_the_one_in_force_is_refused_without_accept_older(sp_metadata, messaging, publisher):
    publisher.publishes(a_signed_entity(acs=[NEW_ACS], valid_until=in_days(3)))
    assert refreshed(sp_metadata).fault == "older"
    (done,) = sp_metadata.service.refresh.named("messagerie", accept_older=True)
    assert (done.fault, locations(sp_metadata)) == ("", [NEW_ACS])


def test_metadata_are_due_after_half_of_their_validity(sp_metadata, messaging, publisher):
    now = datetime.now(UTC)
    assert list(sp_metadata.service.refresh.due(now)) == []
    with time_machine.travel(now + timedelta(days=4), tick=False):
        (refresh,) = sp_metadata.service.refresh.due(datetime.now(UTC))
        assert refresh().fault == ""
        assert list(sp_metadata.service.refresh.due(datetime.now(UTC))) == []


def test_one_of_two_nodes_refreshes(sp_metadata, messaging):
    later = datetime.now(UTC) + timedelta(days=4)
    first, second = sp_metadata.service.refresh.due(later), sp_metadata.service.refresh.due(later)
    assert (len(list(first)), len(list(second))) == (1, 0)


def test_the_pause_after_a_refusal_doubles_each_time(sp_metadata, messaging, publisher):
    publisher.publishes(Said(status=500))
    waits = []
    for _ in range(3):
        before = datetime.now(UTC)
        assert refreshed(sp_metadata).fault == "unreachable"
        waits.append(round((sp_metadata.follower().next_at - before) / timedelta(minutes=5)))
    assert waits == [1, 2, 4]


# --- a query service --------------------------------------------------------------------


def test_a_query_service_is_asked_for_one_entity(sp_metadata, publisher):
    """The SAML profile of the Metadata Query Protocol, section 2."""
    sp_metadata.source("renater", publisher.server.address, kind=SourceKind.MDQ)
    publisher.answers_about(MESSAGING, a_signed_entity())
    sp_metadata.registers(by_source("renater"), MESSAGING)
    assert publisher.asked == ["/entities/https%3A%2F%2Fmessagerie.example%2Fsaml%2Fmetadata"]
    publisher.answers_about(MESSAGING, a_signed_entity(acs=[NEW_ACS]))
    assert refreshed(sp_metadata, "renater").changed == ("messagerie",)
    assert locations(sp_metadata) == [NEW_ACS]


def test_a_404_of_a_query_service_changes_nothing(sp_metadata, publisher):
    """A 404 is not signed: the signed metadata stay in force until they expire."""
    sp_metadata.source("renater", publisher.server.address, kind=SourceKind.MDQ)
    publisher.answers_about(MESSAGING, a_signed_entity())
    sp_metadata.registers(by_source("renater"), MESSAGING)
    publisher.documents.clear()
    assert refreshed(sp_metadata).fault == "no-such-entity"
    assert locations(sp_metadata) == [ACS]


# --- an aggregate -------------------------------------------------------------------------


@pytest.fixture
def federation(sp_metadata, publisher):
    """An aggregate with two service providers, fetched once."""
    sp_metadata.source("renater", publisher.publishes(signed(an_aggregate(an_entity(), an_entity(OTHER)))))
    assert refreshed(sp_metadata, "renater").entities == 2


@pytest.fixture
def member(sp_metadata, federation):
    """The messaging service, registered from that aggregate."""
    return sp_metadata.registers(by_source("renater"), MESSAGING)


def test_an_application_is_registered_from_the_stored_aggregate_without_a_request(sp_metadata, publisher, member):
    assert (locations(sp_metadata), len(publisher.asked)) == ([ACS], 1)
    assert valid_until(sp_metadata) == sp_metadata.service.sources.named("renater").valid_until


def test_an_entity_that_is_not_in_the_aggregate_cannot_be_registered(sp_metadata, federation):
    with pytest.raises(RegistrationProblems, match="no service provider with this entityID"):
        sp_metadata.registers(by_source("renater"), "https://nobody.example/sp")


def test_a_registration_from_a_source_never_fetched_names_the_command_to_run(sp_metadata, publisher):
    sp_metadata.source("renater", publisher.publishes(b""))
    with pytest.raises(RegistrationProblems, match="idp metadata refresh renater"):
        sp_metadata.registers(by_source("renater"), MESSAGING)


def test_an_application_is_amended_when_its_entity_in_the_aggregate_changed(sp_metadata, publisher, member, database):
    sp_metadata.registers(by_source("renater"), OTHER, "autre")
    publisher.publishes(signed(an_aggregate(an_entity(acs=[NEW_ACS]), an_entity(OTHER))))
    assert refreshed(sp_metadata, "renater").changed == ("messagerie",)
    assert (locations(sp_metadata), audited(database).count("application.amended")) == ([NEW_ACS], 1)


def test_a_renewed_aggregate_extends_the_validity_of_its_applications(sp_metadata, publisher, member, database):
    publisher.publishes(signed(an_aggregate(an_entity(), an_entity(OTHER), valid_until=in_days(14))))
    refreshed(sp_metadata, "renater")
    assert valid_until(sp_metadata) > datetime.now(UTC) + timedelta(days=13)
    assert "application.amended" not in audited(database)


def test_an_application_that_left_the_aggregate_expires_and_returns_with_it(sp_metadata, publisher, member, database):
    publisher.publishes(signed(an_aggregate(an_entity(OTHER))))
    refreshed(sp_metadata, "renater")
    assert valid_until(sp_metadata) <= datetime.now(UTC)
    assert audited(database)[-1] == "metadata.withdrawn"
    publisher.publishes(signed(an_aggregate(an_entity(), an_entity(OTHER))))
    refreshed(sp_metadata, "renater")
    assert valid_until(sp_metadata) > datetime.now(UTC) + timedelta(days=6)


def test_the_identity_providers_of_an_aggregate_are_not_stored(sp_metadata, publisher):
    idp = an_entity("https://idp.example/").replace("SPSSODescriptor", "IDPSSODescriptor")
    sp_metadata.source("renater", publisher.publishes(signed(an_aggregate(an_entity(), idp))))
    assert refreshed(sp_metadata, "renater").entities == 1


def test_an_unusable_entity_does_not_stop_the_others(sp_metadata, publisher, member):
    sp_metadata.registers(by_source("renater"), OTHER, "autre")
    until = valid_until(sp_metadata)
    broken = an_entity(acs=["ftp://messagerie.example/"])
    publisher.publishes(
        signed(an_aggregate(broken, an_entity(OTHER, acs=["https://autre.example/new"]), valid_until=in_days(14)))
    )
    assert refreshed(sp_metadata, "renater").changed == ("autre",)
    assert (locations(sp_metadata), valid_until(sp_metadata)) == ([ACS], until)
    assert sp_metadata.follower().last_error == "content"


def test_an_unchanged_aggregate_is_fetched_again_after_the_same_interval(sp_metadata, publisher, federation):
    before = sp_metadata.service.sources.named("renater")
    with time_machine.travel(before.next_at + timedelta(seconds=1), tick=False):
        (refresh,) = sp_metadata.service.refresh.due(datetime.now(UTC))
        refresh()
        after = sp_metadata.service.sources.named("renater")
    assert publisher.server.received[-1].headers["If-None-Match"] == before.etag
    assert after.next_at - after.refreshed_at == pytest.approx(before.next_at - before.refreshed_at, abs=timedelta(1))
