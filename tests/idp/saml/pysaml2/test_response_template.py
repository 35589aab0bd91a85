"""A Response by pattern is the one that pysaml2 would have made anew."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from lxml import etree

from idp.attribute_release import SamlAttribute
from idp.saml.pysaml2.adapter import AssertionData, NameId
from idp.saml.pysaml2.response_template import MOST_PATTERNS, ResponsePatterns
from idp.saml.xmlsec.canonical import canonical
from tests.builders.responses import PROVIDER, WORDS, attributes, words


@given(words, attributes)
def test_a_response_by_pattern_is_the_canonical_form_of_what_pysaml2_makes(said, released):
    patterns = ResponsePatterns(PROVIDER._made)
    for _ in range(2):  # by a pattern just made, and by one that is kept
        assert patterns.response(said, released).text.encode() == canonical(PROVIDER._made(said, released))


def test_pysaml2_makes_one_for_each_shape():
    made = []

    def makes(*said: object) -> etree._Element:
        made.append(said)
        return PROVIDER._made(*said)

    patterns, name = ResponsePatterns(makes), SamlAttribute(name="urn:a", friendly_name="a", values=("Jeanne",))
    for number in range(20):
        patterns.response(WORDS._replace(name_id=f"n-{number}", service_provider=f"urn:{number}"), [name])
    assert len(made) == 1
    patterns.response(WORDS._replace(in_response_to=None), [name])
    patterns.response(WORDS, [replace(name, values=("Jeanne", "Marie"))])
    assert len(made) == 3


def test_no_text_of_one_answer_is_left_in_the_next():
    patterns = ResponsePatterns(PROVIDER._made)
    assert "the-first" in patterns.response(WORDS._replace(name_id="the-first"), []).text
    second = patterns.response(WORDS._replace(name_id="the-second"), []).text
    assert "the-first" not in second
    assert "place-" not in second


def test_it_is_cut_where_signatures_go_and_around_the_name():
    """Core 5.4.1: after the Issuer, which comes first."""
    response = ResponsePatterns(PROVIDER._made).response(WORDS, [])
    assertion = response.assertion("(name)")
    assert response.name_id.startswith("<saml:NameID ")
    assert response.name_id.endswith(">n-1</saml:NameID>")
    assert assertion.start.startswith("<saml:Assertion ")
    assert assertion.start.endswith("</saml:Issuer>")
    assert assertion.rest.startswith("<saml:Subject>(name)<saml:SubjectConfirmation ")
    assert assertion.rest.endswith("</saml:Assertion>")
    whole = response.response("(assertion)")
    assert whole.start.startswith("<samlp:Response ")
    assert whole.start.endswith("</saml:Issuer>")
    assert whole.rest.startswith("<samlp:Status>")
    assert whole.rest.endswith("(assertion)</samlp:Response>")
    assert (assertion.identifier, whole.identifier) == ("_a", "_r")


def test_a_maker_that_loses_a_text_is_found_out_before_anything_leaves():
    with pytest.raises(AssertionError):
        ResponsePatterns(lambda said, _: etree.Element("Response", ID=said.response_id)).response(WORDS, [])


def test_so_many_shapes_are_kept():
    """Whoever registers attributes could otherwise have each worker keep one for every combination of them."""
    patterns = ResponsePatterns(PROVIDER._made)
    for count in range(MOST_PATTERNS + 20):
        patterns.response(WORDS, [SamlAttribute(name="urn:a", friendly_name="a", values=("x",) * (count + 1))])
    assert patterns._pattern.cache_info().currsize == MOST_PATTERNS


def test_threads_fill_one_pattern_and_mix_nobody_up():
    patterns = ResponsePatterns(PROVIDER._made)

    def is_its_own(number: int) -> bool:
        return f">n-{number}<" in patterns.response(WORDS._replace(name_id=f"n-{number}"), []).text

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_its_own, range(400)))


def test_what_xml_cannot_hold_is_refused_and_not_written():
    """A control character in a name."""
    made = AssertionData(
        service_provider="urn:sp",
        consumer_url="https://sp.exemple.test/acs",
        in_response_to=None,
        name_id=NameId(value="a\x00b"),
        class_ref="urn:c",
        authenticated_at=datetime(2026, 1, 5, tzinfo=UTC),
        session_index="_i",
        session_ends_at=datetime(2026, 1, 5, tzinfo=UTC),
        attributes=[],
        made_at=datetime(2026, 1, 5, tzinfo=UTC),
        valid_until=datetime(2026, 1, 5, tzinfo=UTC),
    )
    with pytest.raises(ValueError, match="XML cannot hold"):
        PROVIDER.response(made)
