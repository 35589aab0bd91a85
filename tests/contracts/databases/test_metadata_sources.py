"""The metadata of service providers in each database: what a refresh stores, and until when it is valid."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from relying_parties.registry.aggregate_entities import StoredEntity
from relying_parties.registry.metadata_sources import NoSuchSource, SourceInUse
from tests.builders.metadata import MESSAGING, a_signed_entity, an_aggregate, an_entity, in_days, signed
from tests.builders.operators import OPERATOR
from tests.fixtures.metadata import by_source, by_url

pytestmark = pytest.mark.slow

OTHER = "https://autre.example/sp"
NEW_ACS = "https://messagerie.example/saml/new"


def an_aggregate_of(*entities, days=7):
    return signed(an_aggregate(*entities, valid_until=in_days(days)))


@pytest.fixture
def federation(sp_metadata, publisher):
    """The messaging service and another, both registered from an aggregate that was fetched once."""
    sp_metadata.source("renater", publisher.publishes(an_aggregate_of(an_entity(), an_entity(OTHER))))
    sp_metadata.service.refresh.named("renater")
    sp_metadata.registers(by_source("renater"), MESSAGING)
    sp_metadata.registers(by_source("renater"), OTHER, "autre")


def kept(number, *, digest="d"):
    return StoredEntity(entity_id=f"https://sp{number}.example/", xml="<é/>", digest=digest, valid_until=None)


def test_the_entities_of_an_aggregate_are_stored_changed_and_deleted(sp_metadata, publisher):
    sp_metadata.source("renater", publisher.publishes(b""))
    entities = sp_metadata.service.sources.entities
    assert entities.store("renater", map(kept, range(1234))) == 1234
    entities.store("renater", [kept(7, digest="e")])
    digests = entities.digests("renater")
    assert (len(digests), digests["https://sp7.example/"], digests["https://sp8.example/"]) == (
        1234,
        ("e", None),
        ("d", None),
    )
    entities.delete("renater", [f"https://sp{number}.example/" for number in range(1000)])
    assert len(entities.digests("renater")) == 234


@pytest.mark.parametrize("own", [None, 2, 30])
def test_an_entity_expires_with_its_own_end_or_that_of_its_source(sp_metadata, publisher, own):
    sp_metadata.source("renater", publisher.publishes(b""))
    now = datetime.now(UTC)
    of_source, of_entity = now + timedelta(days=7), own and now + timedelta(days=own)
    sp_metadata.service.sources.record_state("renater", valid_until=of_source)
    entities = sp_metadata.service.sources.entities
    entities.store("renater", [StoredEntity(entity_id=OTHER, xml="<x/>", digest="d", valid_until=of_entity)])
    assert entities.find("renater", OTHER).valid_until == min(filter(None, (of_source, of_entity)))


def test_only_the_applications_whose_entity_changed_are_amended(sp_metadata, publisher, federation):
    assert [sp_metadata.service.refresh.named("renater")[0].changed for _ in range(2)] == [(), ()]
    publisher.publishes(an_aggregate_of(an_entity(acs=[NEW_ACS]), an_entity(OTHER), days=14))
    (done,) = sp_metadata.service.refresh.named("renater")
    assert done.changed == ("messagerie",)
    ends = {each.name: each.valid_until for each in sp_metadata.service.followers.list()}
    assert set(ends) == {"autre", "messagerie"}
    assert min(ends.values()) > datetime.now(UTC) + timedelta(days=13)


def test_an_application_that_left_the_aggregate_expires(sp_metadata, publisher, federation):
    publisher.publishes(an_aggregate_of(an_entity()))
    sp_metadata.service.refresh.named("renater")
    assert sp_metadata.follower("autre").valid_until <= datetime.now(UTC) < sp_metadata.follower().valid_until


def test_a_source_in_use_cannot_be_removed_and_an_unused_one_can(sp_metadata, publisher, federation):
    with pytest.raises(SourceInUse, match="autre, messagerie"):
        sp_metadata.service.sources.remove("renater", actor=OPERATOR)
    sp_metadata.source("other", publisher.server.address)
    sp_metadata.service.sources.remove("other", actor=OPERATOR)
    with pytest.raises(NoSuchSource):
        sp_metadata.service.sources.named("other")


def test_an_application_with_a_metadata_address_is_refreshed_when_it_is_due(sp_metadata, publisher):
    address = publisher.publishes(a_signed_entity())
    sp_metadata.registers(by_url(address), MESSAGING)
    later = datetime.now(UTC) + timedelta(days=4)
    publisher.publishes(a_signed_entity(acs=[NEW_ACS]))
    assert [refresh().changed for refresh in sp_metadata.service.refresh.due(later)] == [("messagerie",)]
    assert sp_metadata.follower().next_at > datetime.now(UTC) + timedelta(hours=12)


def test_one_of_several_nodes_claims_what_is_due(sp_metadata, publisher):
    sp_metadata.registers(by_url(publisher.publishes(a_signed_entity())), MESSAGING)
    sp_metadata.source("renater", publisher.server.address)
    until = datetime.now(UTC) + timedelta(minutes=20)
    for thing, claim in (
        (sp_metadata.follower(), sp_metadata.service.followers.claim),
        (sp_metadata.service.sources.named("renater"), sp_metadata.service.sources.claim),
    ):
        with ThreadPoolExecutor(4) as threads:
            claimed = list(threads.map(lambda _, thing=thing, claim=claim: claim(thing, until=until), range(4)))
        assert sorted(claimed) == [False, False, False, True]


@pytest.mark.parametrize("entity_id", ["https://sp.example/" + "é" * 600, "https://sp.example/" + "x" * 1005])
def test_the_longest_entity_ids_are_stored_and_longer_ones_are_not(sp_metadata, publisher, entity_id):
    """SAML V2.0 Core, section 8.3.6 has 1024 characters; an index of PostgreSQL has room for 2,704 octets."""
    sp_metadata.source("renater", publisher.publishes(an_aggregate_of(an_entity(), an_entity(entity_id))))
    (done,) = sp_metadata.service.refresh.named("renater")
    assert (done.fault, done.entities) == ("", 1 if "é" in entity_id else 2)
