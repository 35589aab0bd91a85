"""Prevents: changes of registrations by anyone who controls the server of metadata or the network.

The attacker has the publisher's documents, old and new, a key of their own, and
answers the requests in the publisher's place. They want an assertion consumer
service of theirs in an application that is registered, or our memory, or our time.
"""

import pytest
import xmlsec
from lxml import etree

from relying_parties.problems import RegistrationProblems
from relying_parties.registry.metadata_models import SourceKind
from tests.attacks.metadata.documents import ACS, EVIL_ACS, SIGNATURE, locations, root_of, stripped
from tests.builders.metadata import (
    DS,
    MD,
    MESSAGING,
    a_signed_entity,
    a_signer,
    an_aggregate,
    an_entity,
    in_days,
    signed,
)
from tests.fixtures.metadata import by_source, by_url

OTHER = "https://autre.example/sp"


def evil_entity(**changes):
    """The metadata of the messaging service, with an address of the attacker."""
    return an_entity(MESSAGING, acs=[EVIL_ACS], **changes)


def altered():
    return a_signed_entity().replace(ACS.encode(), EVIL_ACS.encode())


def signature_moved_under_an_attacker_s_root():
    """The original is nested whole. Its signature, moved to the root, still verifies its reference."""
    original = root_of(a_signed_entity())
    evil = root_of(evil_entity(attributes=f'ID="_evil" validUntil="{in_days(7)}"'))
    signature = original.find(SIGNATURE)
    evil.insert(0, signature)
    extensions = etree.SubElement(evil, f"{{{MD}}}Extensions")
    evil.insert(1, extensions)
    extensions.append(original)
    return etree.tostring(evil)


def original_kept_inside_the_signature():
    original = root_of(a_signed_entity())
    evil = root_of(evil_entity(attributes=f'ID="_evil" validUntil="{in_days(7)}"'))
    signature = original.find(SIGNATURE)
    original.remove(signature)
    etree.SubElement(signature, f"{{{DS}}}Object").append(original)
    evil.insert(0, signature)
    return etree.tostring(evil)


def signed_original_as_a_sibling_of_the_attacker_s_entity():
    group = root_of(an_aggregate(evil_entity(), root_id="_evil"))
    group.append(root_of(a_signed_entity()))
    return etree.tostring(group)


def root_with_the_same_id_as_the_nested_original():
    original = root_of(a_signed_entity())
    evil = root_of(evil_entity(attributes=f'ID="_entity" validUntil="{in_days(7)}"'))
    evil.insert(0, original.find(SIGNATURE))
    extensions = etree.Element(f"{{{MD}}}Extensions")
    extensions.append(original)
    evil.insert(1, extensions)
    return etree.tostring(evil)


def reference_to_nothing():
    """URI="" means the whole document in XML Signature; Core, section 5.4.2, requires the ID of the root."""
    return a_signed_entity(acs=[EVIL_ACS], by=a_signer("attacker.example")).replace(b'URI="#_entity"', b'URI=""')


def signed_by_another_key():
    return a_signed_entity(acs=[EVIL_ACS], by=a_signer("attacker.example"))


def signed_by_another_key_that_key_info_vouches_for():
    attacker = a_signer("attacker.example")
    document = evil_entity(attributes=f'ID="_entity" validUntil="{in_days(7)}"')
    return signed(document, by=attacker, key_info=attacker)


def signed_by_another_key_under_the_publisher_s_certificate():
    document = evil_entity(attributes=f'ID="_entity" validUntil="{in_days(7)}"')
    made = signed(document, by=a_signer("attacker.example"))
    info = f'<ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{a_signer().certificate}'
    closed = "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
    return made.replace(b"</ds:Signature>", (info + closed).encode())


def signed_with_sha1():
    document = an_entity(attributes=f'ID="_entity" validUntil="{in_days(7)}"', acs=[EVIL_ACS])
    return signed(document, digest_method=xmlsec.constants.TransformSha1)


def expired():
    return a_signed_entity(acs=[EVIL_ACS], valid_until=in_days(-1))


def good_for_ever():
    return a_signed_entity(acs=[EVIL_ACS], valid_until=None)


def good_until_2099():
    return a_signed_entity(acs=[EVIL_ACS], valid_until="2099-01-01T00:00:00Z")


def replayed():
    """A document that was published before the one in force and is still valid."""
    return a_signed_entity(acs=[EVIL_ACS], valid_until=in_days(1))


def another_entity():
    return a_signed_entity(OTHER, acs=[EVIL_ACS])


def doctype():
    return b'<!DOCTYPE md [<!ENTITY a "b">]>' + a_signed_entity(acs=[EVIL_ACS])


def external_doctype():
    return b'<!DOCTYPE md SYSTEM "file:///etc/passwd">' + a_signed_entity(acs=[EVIL_ACS])


def too_many_endpoints():
    locations = [f"https://messagerie.example/{number}" for number in range(10_001)]
    return a_signed_entity(acs=locations)


def an_aggregate_instead():
    return signed(an_aggregate(evil_entity(), an_entity(OTHER)))


def an_identity_provider_instead():
    role = an_entity(acs=[EVIL_ACS], attributes=f'ID="_entity" validUntil="{in_days(7)}"')
    return signed(role.replace("SPSSODescriptor", "IDPSSODescriptor"))


DOCUMENTS = [
    stripped,
    altered,
    signature_moved_under_an_attacker_s_root,
    original_kept_inside_the_signature,
    signed_original_as_a_sibling_of_the_attacker_s_entity,
    root_with_the_same_id_as_the_nested_original,
    reference_to_nothing,
    signed_by_another_key,
    signed_by_another_key_that_key_info_vouches_for,
    signed_by_another_key_under_the_publisher_s_certificate,
    signed_with_sha1,
    expired,
    good_for_ever,
    good_until_2099,
    replayed,
    another_entity,
    doctype,
    external_doctype,
    too_many_endpoints,
    an_aggregate_instead,
    an_identity_provider_instead,
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda made: made.__name__)
def test_an_application_keeps_its_addresses_whatever_its_metadata_address_serves(
    sp_metadata, publisher, messaging, document
):
    publisher.publishes(document())
    (done,) = sp_metadata.service.refresh.named("messagerie")
    assert done.fault
    assert locations(sp_metadata) == [ACS]


@pytest.mark.parametrize(
    "document", [each for each in DOCUMENTS if each is not replayed], ids=lambda made: made.__name__
)
def test_no_application_is_registered_from_forged_metadata(sp_metadata, publisher, document):
    with pytest.raises(RegistrationProblems):
        sp_metadata.registers(by_url(publisher.publishes(document())), MESSAGING)


def test_the_answer_of_a_query_service_about_another_entity_is_refused(sp_metadata, publisher):
    """The federation signs both: only the entityID differs."""
    sp_metadata.source("renater", publisher.server.address, kind=SourceKind.MDQ)
    publisher.answers_about(MESSAGING, a_signed_entity())
    sp_metadata.registers(by_source("renater"), MESSAGING)
    publisher.answers_about(MESSAGING, a_signed_entity(OTHER, acs=["https://autre.example/saml/acs"]))
    (done,) = sp_metadata.service.refresh.named("messagerie")
    assert (done.fault, locations(sp_metadata)) == ("another-entity", [ACS])


def test_metadata_of_one_application_cannot_become_those_of_another(sp_metadata, publisher, messaging):
    """A publisher, with its key, claims the entityID of a registered application."""
    mine = a_signer("autre.example")
    sp_metadata.registers(
        by_url(publisher.publishes(a_signed_entity(OTHER, by=mine), at="/mine"), mine), OTHER, "autre"
    )
    publisher.publishes(a_signed_entity(MESSAGING, by=mine, acs=[EVIL_ACS]), at="/mine")
    (done,) = sp_metadata.service.refresh.named("autre")
    assert done.fault == "another-entity"
    assert locations(sp_metadata) == [ACS]
    assert sp_metadata.registry.by_entity_id(MESSAGING).name == "messagerie"


def test_an_aggregate_does_not_change_an_application_of_another_source(sp_metadata, publisher, messaging):
    stranger = a_signer("federation.stranger.example")
    document = signed(an_aggregate(evil_entity()), by=stranger)
    sp_metadata.source("stranger", publisher.publishes(document, at="/stranger"), by=stranger)
    (done,) = sp_metadata.service.refresh.named("stranger")
    assert (done.fault, done.entities, locations(sp_metadata)) == ("", 1, [ACS])


@pytest.fixture
def member(sp_metadata, publisher):
    """The messaging service, registered from an aggregate."""
    document = signed(an_aggregate(an_entity(), published_at=in_days(-1)))
    sp_metadata.source("renater", publisher.publishes(document))
    sp_metadata.service.refresh.named("renater")
    return sp_metadata.registers(by_source("renater"), MESSAGING)


def moved_under_an_attacker_s_root():
    original = root_of(signed(an_aggregate(an_entity())))
    evil = root_of(an_aggregate(evil_entity(), root_id="_evil"))
    evil.insert(0, original.find(SIGNATURE))
    evil.append(original)
    return etree.tostring(evil)


def only_an_entity_is_signed():
    group = root_of(an_aggregate(an_entity(OTHER), root_id="_evil"))
    group.append(root_of(a_signed_entity(acs=[EVIL_ACS])))
    return etree.tostring(group)


AGGREGATES = {
    "stripped": lambda: an_aggregate(evil_entity()).encode(),
    "altered": lambda: signed(an_aggregate(an_entity())).replace(ACS.encode(), EVIL_ACS.encode()),
    "moved under an attacker's root": moved_under_an_attacker_s_root,
    "only an entity is signed": only_an_entity_is_signed,
    "by another key": lambda: signed(an_aggregate(evil_entity()), by=a_signer("attacker.example")),
    "expired": lambda: signed(an_aggregate(evil_entity(), valid_until=in_days(-1))),
    "no end": lambda: signed(an_aggregate(evil_entity(), valid_until=None)),
    "until 2099": lambda: signed(an_aggregate(evil_entity(), valid_until="2099-01-01T00:00:00Z")),
    "published before": lambda: signed(an_aggregate(evil_entity(), published_at=in_days(-2), valid_until=in_days(20))),
    "ends before, and says not when it was published": lambda: signed(
        an_aggregate(evil_entity(), valid_until=in_days(2))
    ),
    "published tomorrow": lambda: signed(an_aggregate(evil_entity(), published_at=in_days(1))),
    "doctype": lambda: b"<!DOCTYPE md>" + signed(an_aggregate(evil_entity())),
    "one entity": lambda: a_signed_entity(acs=[EVIL_ACS]),
    "no XML": lambda: b"\x00" * 1000,
}


@pytest.mark.parametrize("document", AGGREGATES.values(), ids=AGGREGATES.keys())
def test_a_federation_s_application_keeps_its_addresses_whatever_is_served(sp_metadata, publisher, member, document):
    publisher.publishes(document())
    (done,) = sp_metadata.service.refresh.named("renater")
    assert done.fault
    assert locations(sp_metadata) == [ACS]


def test_a_duplicate_entity_id_is_refused_and_the_previous_metadata_stay_in_force(sp_metadata, publisher, member):
    until = sp_metadata.follower().valid_until
    publisher.publishes(
        signed(
            an_aggregate(
                an_entity(), evil_entity(), an_entity(OTHER), published_at=in_days(-0.5), valid_until=in_days(20)
            )
        )
    )
    for _ in range(2):
        (done,) = sp_metadata.service.refresh.named("renater")
        assert (done.fault, done.entities) == ("", 1)
        assert (locations(sp_metadata), sp_metadata.follower().valid_until) == ([ACS], until)
