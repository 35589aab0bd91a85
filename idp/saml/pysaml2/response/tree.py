"""Builds a Response as a tree, with pysaml2. `template.py` makes its templates from it, and tests compare with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree
from saml2 import saml

from idp.attribute_release import SamlAttribute
from idp.saml.pysaml2.response.values import ResponseValues
from idp.saml.pysaml2.server import Conditions, LoginServer, tree_of
from idp.saml.vocabulary import BEARER


def response_tree(server: LoginServer, values: ResponseValues, attributes: Sequence[SamlAttribute]) -> etree._Element:
    """A Response with one Assertion, built by pysaml2, with our identifiers and instants."""
    response = server.create_authn_response(
        {attribute.name: attribute for attribute in attributes},
        values.in_response_to,
        values.consumer_url,
        values.service_provider,
        name_id=saml.NameID(
            text=values.name_id,
            format=values.name_id_format,
            name_qualifier=values.name_qualifier,
            sp_name_qualifier=values.sp_name_qualifier,
        ),
        authn={"class_ref": values.class_ref, "authn_instant": 0},
        session_not_on_or_after=values.session_end,
        release_policy=Conditions(not_before=values.not_before, not_on_or_after=values.not_on_or_after),
        farg={"assertion": {"subject": {"subject_confirmation": _bearer(values)}}},
    )
    response.id, response.assertion.id = values.response_id, values.assertion_id
    response.issue_instant = response.assertion.issue_instant = values.issue_instant
    [statement] = response.assertion.authn_statement
    statement.authn_instant, statement.session_index = values.authn_instant, values.session_index
    return tree_of(response)


def _bearer(values: ResponseValues) -> Mapping[str, Any]:
    """The SubjectConfirmation: Recipient, and InResponseTo unless the Response is unsolicited (Profiles, 4.1.4.2)."""
    confirmation = {"recipient": values.consumer_url}
    if values.in_response_to is not None:
        confirmation["in_response_to"] = values.in_response_to
    return {"method": BEARER, "subject_confirmation_data": confirmation}
