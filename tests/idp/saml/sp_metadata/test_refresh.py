"""Metadata are fetched again in time: what is good replaces what was there, and what is not changes nothing."""

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


def locations(office, name="messagerie"):
    found = office.registry.by_identifier(name)
    return [endpoint.location for endpoint in found.saml_sp.service_provider.assertion_consumer_services]


def valid_until(office, name="messagerie"):
    return office.registry.by_identifier(name).saml_sp.service_provider.valid_until


def refreshed(office, name="messagerie"):
    (done,) = office.desk.refresh.named(name)
    return done


def audited(database):
    with database.reading() as connection:
        return [row.kind for row in connection.execute(select(AuditEvent.kind).order_by(AuditEvent.id))]


# --- an address of its own --------------------------------------------------------------


@pytest.fixture
def messaging(office, publisher):
    """The messaging service, registered by the address of its metadata."""
    return office.registers(by_url(publisher.publishes(a_signed_entity())), MESSAGING)


def test_an_application_is_registered_by_the_address_of_its_metadata(office, messaging):
    assert locations(office) == [ACS]
    assert valid_until(office) > datetime.now(UTC) + timedelta(days=6)


def test_what_changed_there_amends_the_application_with_a_line_of_audit(office, messaging, publisher, database):
    publisher.publishes(a_signed_entity(acs=[NEW_ACS]))
    assert refreshed(office).changed == ("messagerie",)
    assert locations(office) == [NEW_ACS]
    assert audited(database) == ["application.registered", "application.amended"]


def test_a_document_signed_anew_holds_longer_and_is_no_news(office, messaging, publisher, database):
    publisher.publishes(a_signed_entity(valid_until=in_days(14)))
    assert refreshed(office).changed == ()
    assert valid_until(office) > datetime.now(UTC) + timedelta(days=13)
    assert audited(database) == ["application.registered"]


def test_a_server_that_says_that_nothing_changed_is_believed_for_as_long_as_the_document_is_good(
    office, messaging, publisher
):
    refreshed(office)
    until = valid_until(office)
    assert refreshed(office).fault == ""
    assert publisher.server.received[-1].headers["If-None-Match"] == office.follower().etag
    assert valid_until(office) == until


def test_what_is_not_good_is_refused_and_the_last_good_one_holds_until_its_end(office, messaging, publisher):
    until = valid_until(office)
    publisher.publishes(a_signed_entity(acs=[NEW_ACS], by=a_signer("stranger.exemple.test")))
    done = refreshed(office)
    assert (done.fault, locations(office), valid_until(office)) == ("signature", [ACS], until)
    assert (office.follower().last_error, office.follower().failures) == ("signature", 1)


def test_metadata_that_cannot_be_used_are_refused_with_their_problems(office, messaging, publisher):
    publisher.publishes(a_signed_entity(acs=["http://messagerie.example/plain"]))
    done = refreshed(office)
    assert done.fault == "content"
    assert "http://messagerie.example/plain" in done.said
    assert locations(office) == [ACS]


def test_a_document_older_than_the_one_in_force_is_refused_unless_it_is_meant(office, messaging, publisher):
    publisher.publishes(a_signed_entity(acs=[NEW_ACS], valid_until=in_days(3)))
    assert refreshed(office).fault == "older"
    (done,) = office.desk.refresh.named("messagerie", accept_older=True)
    assert (done.fault, locations(office)) == ("", [NEW_ACS])


def test_it_is_due_at_half_its_validity_and_not_before(office, messaging, publisher):
    now = datetime.now(UTC)
    assert list(office.desk.refresh.due(now)) == []
    with time_machine.travel(now + timedelta(days=4), tick=False):
        (act,) = office.desk.refresh.due(datetime.now(UTC))
        assert act().fault == ""
        assert list(office.desk.refresh.due(datetime.now(UTC))) == []


def test_of_two_nodes_one_refreshes(office, messaging):
    later = datetime.now(UTC) + timedelta(days=4)
    first, second = office.desk.refresh.due(later), office.desk.refresh.due(later)
    assert (len(list(first)), len(list(second))) == (1, 0)


def test_an_origin_that_fails_is_left_alone_for_longer_each_time(office, messaging, publisher):
    publisher.publishes(Said(status=500))
    waits = []
    for _ in range(3):
        before = datetime.now(UTC)
        assert refreshed(office).fault == "unreachable"
        waits.append(round((office.follower().next_at - before) / timedelta(minutes=5)))
    assert waits == [1, 2, 4]


# --- a query service --------------------------------------------------------------------


def test_a_query_service_is_asked_about_one_entity_by_its_name(office, publisher):
    """The SAML profile of the Metadata Query Protocol, section 2."""
    office.source("renater", publisher.server.address, kind=SourceKind.MDQ)
    publisher.answers_about(MESSAGING, a_signed_entity())
    office.registers(by_source("renater"), MESSAGING)
    assert publisher.asked == ["/entities/https%3A%2F%2Fmessagerie.example%2Fsaml%2Fmetadata"]
    publisher.answers_about(MESSAGING, a_signed_entity(acs=[NEW_ACS]))
    assert refreshed(office, "renater").changed == ("messagerie",)
    assert locations(office) == [NEW_ACS]


def test_a_query_service_that_no_longer_knows_it_changes_nothing(office, publisher):
    """An answer that nobody signed ends nothing: what was signed holds until its own end."""
    office.source("renater", publisher.server.address, kind=SourceKind.MDQ)
    publisher.answers_about(MESSAGING, a_signed_entity())
    office.registers(by_source("renater"), MESSAGING)
    publisher.documents.clear()
    assert refreshed(office).fault == "no-such-entity"
    assert locations(office) == [ACS]


# --- an aggregate -------------------------------------------------------------------------


@pytest.fixture
def federation(office, publisher):
    """An aggregate of two, fetched once."""
    office.source("renater", publisher.publishes(signed(an_aggregate(an_entity(), an_entity(OTHER)))))
    assert refreshed(office, "renater").entities == 2


@pytest.fixture
def member(office, federation):
    """The messaging service, of that federation."""
    return office.registers(by_source("renater"), MESSAGING)


def test_an_application_takes_its_entity_from_the_aggregate_without_a_call(office, publisher, member):
    assert (locations(office), len(publisher.asked)) == ([ACS], 1)
    assert valid_until(office) == office.desk.sources.named("renater").valid_until


def test_who_is_not_in_the_aggregate_cannot_be_registered_from_it(office, federation):
    with pytest.raises(RegistrationProblems, match="no service provider of that name"):
        office.registers(by_source("renater"), "https://nobody.example/sp")


def test_a_source_that_was_never_fetched_says_so(office, publisher):
    office.source("renater", publisher.publishes(b""))
    with pytest.raises(RegistrationProblems, match="idp metadata refresh renater"):
        office.registers(by_source("renater"), MESSAGING)


def test_the_applications_of_an_aggregate_are_amended_when_theirs_changed(office, publisher, member, database):
    office.registers(by_source("renater"), OTHER, "autre")
    publisher.publishes(signed(an_aggregate(an_entity(acs=[NEW_ACS]), an_entity(OTHER))))
    assert refreshed(office, "renater").changed == ("messagerie",)
    assert (locations(office), audited(database).count("application.amended")) == ([NEW_ACS], 1)


def test_an_aggregate_signed_anew_lets_all_its_applications_hold_longer(office, publisher, member, database):
    publisher.publishes(signed(an_aggregate(an_entity(), an_entity(OTHER), valid_until=in_days(14))))
    refreshed(office, "renater")
    assert valid_until(office) > datetime.now(UTC) + timedelta(days=13)
    assert "application.amended" not in audited(database)


def test_an_application_that_left_the_federation_is_ended_and_comes_back_with_it(office, publisher, member, database):
    publisher.publishes(signed(an_aggregate(an_entity(OTHER))))
    refreshed(office, "renater")
    assert valid_until(office) <= datetime.now(UTC)
    assert audited(database)[-1] == "metadata.withdrawn"
    publisher.publishes(signed(an_aggregate(an_entity(), an_entity(OTHER))))
    refreshed(office, "renater")
    assert valid_until(office) > datetime.now(UTC) + timedelta(days=6)


def test_the_identity_providers_of_a_federation_are_not_kept(office, publisher):
    idp = an_entity("https://idp.example/").replace("SPSSODescriptor", "IDPSSODescriptor")
    office.source("renater", publisher.publishes(signed(an_aggregate(an_entity(), idp))))
    assert refreshed(office, "renater").entities == 1


def test_one_entity_that_cannot_be_used_does_not_stop_the_others(office, publisher, member):
    office.registers(by_source("renater"), OTHER, "autre")
    until = valid_until(office)
    broken = an_entity(acs=["ftp://messagerie.example/"])
    publisher.publishes(
        signed(an_aggregate(broken, an_entity(OTHER, acs=["https://autre.example/new"]), valid_until=in_days(14)))
    )
    assert refreshed(office, "renater").changed == ("autre",)
    assert (locations(office), valid_until(office)) == ([ACS], until)
    assert office.follower().last_error == "content"


def test_what_is_refreshed_without_a_change_is_asked_again_after_as_long(office, publisher, federation):
    before = office.desk.sources.named("renater")
    with time_machine.travel(before.next_at + timedelta(seconds=1), tick=False):
        (act,) = office.desk.refresh.due(datetime.now(UTC))
        act()
        after = office.desk.sources.named("renater")
    assert publisher.server.received[-1].headers["If-None-Match"] == before.etag
    assert after.next_at - after.refreshed_at == pytest.approx(before.next_at - before.refreshed_at, abs=timedelta(1))
