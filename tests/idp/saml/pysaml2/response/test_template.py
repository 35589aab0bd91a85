"""A Response by template equals the Response that pysaml2 would build."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from lxml import etree

from idp.attribute_release import SamlAttribute
from idp.saml.pysaml2.messages import AssertionData, NameId
from idp.saml.pysaml2.response.template import MOST_TEMPLATES, ResponseTemplates
from idp.saml.xmlsec.canonical import canonical
from tests.builders.responses import PROVIDER, TREE, VALUES, attributes, values


@given(values, attributes)
def test_a_response_by_template_is_the_canonical_form_of_the_tree_that_pysaml2_builds(said, released):
    templates = ResponseTemplates(TREE)
    for _ in range(2):  # with a new template, and with a kept one
        assert templates.response(said, released).text.encode() == canonical(TREE(said, released))


def test_pysaml2_builds_one_response_for_each_shape():
    made = []

    def makes(*said: object) -> etree._Element:
        made.append(said)
        return TREE(*said)

    templates, name = ResponseTemplates(makes), SamlAttribute(name="urn:a", friendly_name="a", values=("Jeanne",))
    for number in range(20):
        templates.response(VALUES._replace(name_id=f"n-{number}", service_provider=f"urn:{number}"), [name])
    assert len(made) == 1
    templates.response(VALUES._replace(in_response_to=None), [name])
    templates.response(VALUES, [replace(name, values=("Jeanne", "Marie"))])
    assert len(made) == 3


def test_no_text_of_an_answer_remains_in_the_next():
    templates = ResponseTemplates(TREE)
    assert "the-first" in templates.response(VALUES._replace(name_id="the-first"), []).text
    second = templates.response(VALUES._replace(name_id="the-second"), []).text
    assert "the-first" not in second
    assert "place-" not in second


def test_it_is_split_at_the_signatures_and_around_the_name_id():
    """Core 5.4.1: after the Issuer, which comes first."""
    response = ResponseTemplates(TREE).response(VALUES, [])
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


def test_a_tree_that_lacks_a_text_is_detected_when_the_template_is_made():
    with pytest.raises(AssertionError):
        ResponseTemplates(lambda said, _: etree.Element("Response", ID=said.response_id)).response(VALUES, [])


def test_the_number_of_templates_is_bounded():
    """Otherwise each worker would keep a template for every combination of registered attributes."""
    templates = ResponseTemplates(TREE)
    for count in range(MOST_TEMPLATES + 20):
        templates.response(VALUES, [SamlAttribute(name=f"urn:{count}", friendly_name="a", values=("x",))])
    assert templates._template.cache_info().currsize == MOST_TEMPLATES


def test_threads_share_a_template_without_mixing_answers():
    templates = ResponseTemplates(TREE)

    def is_its_own(number: int) -> bool:
        return f">n-{number}<" in templates.response(VALUES._replace(name_id=f"n-{number}"), []).text

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_its_own, range(400)))


def test_characters_that_xml_does_not_allow_are_refused():
    """For example a control character in a name."""
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
    with pytest.raises(ValueError, match="XML does not allow"):
        PROVIDER.response(made)
