"""Metadata are accepted for a limited time, if the declared certificate has signed the whole document."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.saml.sp_metadata.aggregate import split_aggregate
from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused
from idp.saml.sp_metadata.validity import LONGEST_INTERVAL, SHORTEST_INTERVAL, Validity, duration, instant, retry_at
from idp.saml.sp_metadata.verification import ENTITY, GROUP, certificates_in, entities_of, single_entity, verify
from tests.builders.metadata import MESSAGING, a_signed_entity, a_signer, an_aggregate, an_entity, in_days, signed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NINETY_DAYS = timedelta(days=90)


def verified(document, *, by=None, ceiling=NINETY_DAYS):
    certificates = [(by or a_signer()).certificate]
    return verify(document, certificates=certificates, now=datetime.now(UTC), ceiling=ceiling)


def fault_of(document, **options):
    with pytest.raises(MetadataRefused) as refused:
        verified(document, **options)
    return refused.value.fault


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_document_signed_by_the_declared_certificate_is_accepted(kind):
    signer = a_signer(f"{kind}.exemple.test", kind=kind)
    found = verified(a_signed_entity(by=signer), by=signer)
    assert found.root.get("entityID") == MESSAGING
    assert timedelta(days=6) < found.validity.valid_until - datetime.now(UTC) <= timedelta(days=7)


def test_the_inclusive_prefixes_of_opensaml_are_accepted():
    assert verified(signed(an_aggregate(an_entity()), prefixes="md xs #default"))


def test_comments_and_instructions_outside_the_root_are_ignored():
    """Federations name a style sheet for browsers; it is not part of the signed content."""
    before = b"""<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="https://federation.exemple.test/mdss.xsl"?>
<!-- Use of this metadata is subject to <https://federation.exemple.test/terms> -->
"""
    for document in (signed(an_aggregate(an_entity())), a_signed_entity()):
        found = verified(before + document + b"\n<!-- the end -->\n")
        assert found.root.tag in (GROUP, ENTITY)


def test_comments_and_instructions_outside_the_root_of_an_aggregate_are_ignored():
    written = []
    result = split_aggregate(
        b"<?xml-stylesheet href='x.xsl'?>\n<!-- of today -->\n" + signed(an_aggregate(an_entity())),
        written.append,
        certificates=[a_signer().certificate],
        now=datetime.now(UTC),
        ceiling=NINETY_DAYS,
    )
    assert [place[0] for place in result["entities"]] == [MESSAGING]
    assert len(written) == 1


def test_two_declared_certificates_are_accepted_while_a_publisher_changes_its_key():
    before, after = a_signer("before.exemple.test"), a_signer("after.exemple.test")
    certificates = certificates_in(before.pem + after.pem)
    for signer in (before, after):
        assert verify(a_signed_entity(by=signer), certificates=certificates, now=datetime.now(UTC), ceiling=NINETY_DAYS)


@pytest.mark.parametrize(
    ("valid_until", "fault"),
    [
        (None, MetadataFault.NO_VALID_UNTIL),
        ("tomorrow", MetadataFault.NO_VALID_UNTIL),
        ("2026-03-02T12:00:00Z", MetadataFault.EXPIRED),
        ("2099-01-01T00:00:00Z", MetadataFault.VALID_TOO_LONG),
        ("9999-12-31T23:59:59+14:00", MetadataFault.VALID_TOO_LONG),
    ],
    ids=["missing", "no-instant", "past", "far-away", "the-last-of-all"],
)
def test_valid_until_is_required_and_bounded(valid_until, fault):
    assert fault_of(a_signed_entity(valid_until=valid_until)) is fault


@pytest.mark.parametrize(("days", "fault"), [(-1, MetadataFault.EXPIRED), (91, MetadataFault.VALID_TOO_LONG)])
def test_valid_until_is_between_the_present_and_the_ceiling(days, fault):
    assert fault_of(a_signed_entity(valid_until=in_days(days))) is fault
    assert verified(a_signed_entity(valid_until=in_days(89)))


@pytest.mark.parametrize("pem", ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_text_that_is_not_a_certificate_is_refused(pem):
    with pytest.raises(MetadataRefused) as refused:
        certificates_in(pem)
    assert refused.value.fault is MetadataFault.CERTIFICATE


def test_a_document_about_another_entity_is_refused():
    root = verified(a_signed_entity()).root
    assert single_entity(root, MESSAGING) is root
    with pytest.raises(MetadataRefused) as refused:
        single_entity(root, "https://autre.example/sp")
    assert refused.value.fault is MetadataFault.ANOTHER_ENTITY


def test_an_entity_expires_with_the_groups_that_contain_it():
    """SAML V2.0 Metadata, section 2.3.1."""
    soon, later = in_days(1), in_days(2)
    brief = an_entity("https://b.example/sp", attributes=f'validUntil="{soon}"')
    inner = an_aggregate(an_entity("https://a.example/sp"), brief, valid_until=later, root_id="_inner")
    root = verified(signed(an_aggregate(inner, an_entity("https://c.example/sp")))).root
    ends = {entity.get("entityID"): until for entity, until in entities_of(root)}
    assert ends == {
        "https://a.example/sp": instant(later),
        "https://b.example/sp": instant(soon),
        "https://c.example/sp": None,
    }


# --- refresh intervals ----------------------------------------------------------------


@given(left=st.integers(1, 90 * 86400), kept_for=st.none() | st.integers(0, 10**7))
def test_the_refresh_interval_is_within_bounds_and_ends_before_the_validity(left, kept_for):
    validity = Validity(
        valid_until=NOON + timedelta(seconds=left),
        cache_duration=None if kept_for is None else timedelta(seconds=kept_for),
    )
    wait = validity.next_refresh(NOON) - NOON
    assert SHORTEST_INTERVAL <= wait <= LONGEST_INTERVAL
    assert wait <= max(SHORTEST_INTERVAL, timedelta(seconds=left) / 2)
    assert kept_for is None or wait <= max(SHORTEST_INTERVAL, timedelta(seconds=kept_for))


def test_the_retry_interval_grows_with_the_failures():
    waits = [retry_at(NOON, failures) - NOON for failures in range(1, 40)]
    assert waits == sorted(waits)
    assert (waits[0], waits[1], waits[-1]) == (SHORTEST_INTERVAL, 2 * SHORTEST_INTERVAL, LONGEST_INTERVAL)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("PT1H", timedelta(hours=1)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P1Y", timedelta(days=365)),
        ("PT0.5S", timedelta(0)),
        ("P", None),
        ("PT", None),
        ("-P1D", None),
        ("1 hour", None),
        ("P99999999999D", None),
    ],
)
def test_durations_of_xml_schema_are_read(text, read):
    assert duration(text) == read


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_read_back_as_written(at):
    assert instant(at.isoformat().replace("+00:00", "Z")) == at


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_a_duration_or_none(text):
    assert instant(text) is None or instant(text).tzinfo is UTC
    assert duration(text) is None or duration(text) >= timedelta(0)
