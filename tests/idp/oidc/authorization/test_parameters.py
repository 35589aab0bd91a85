"""Authorization request parameters, read once into one value (idp/oidc/authorization/parameters.py)."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.authorization.parameters import (
    LONGEST_QUERY,
    MOST_PARAMETERS,
    AuthorizationParameters,
    split_list,
)
from idp.oidc.errors import Fault
from idp.web.untrusted_request import UntrustedRequest


def test_each_parameter_has_the_value_that_was_sent():
    sent = {"client_id": "dcc", "state": "a b+c&d=é", "nonce": "n", "ui_locales": "fr en"}
    parameters = AuthorizationParameters.from_query(urlencode(sent))
    assert parameters == AuthorizationParameters(**sent)


def test_the_source_of_the_parameters_makes_no_difference():
    """RFC 9126 section 2.1, RFC 9101 section 4: pushed or signed, they are the same parameters."""
    sent = {"client_id": "dcc", "redirect_uri": "https://dcc.example/callback", "max_age": "60"}
    assert AuthorizationParameters.of(sent) == AuthorizationParameters.from_query(urlencode(sent))


def test_parameters_that_are_not_understood_are_ignored():
    """OpenID Connect Core 1.0 section 3.1.2.1."""
    assert AuthorizationParameters.from_query("client_id=dcc&colour=blue") == AuthorizationParameters(client_id="dcc")


def test_an_empty_parameter_counts_as_left_out():
    """RFC 6749 section 3.1."""
    assert AuthorizationParameters.from_query("client_id=dcc&state=&max_age=").state is None


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("client_id=dcc&client_id=perinat", Fault.PARAMETER_REPEATED),
        ("client_id=dcc&colour=blue&colour=red", Fault.PARAMETER_REPEATED),
        ("client_id=%ff", Fault.REQUEST_MALFORMED),
        ("&".join(f"p{number}=1" for number in range(MOST_PARAMETERS + 1)), Fault.REQUEST_MALFORMED),
        ("state=" + "s" * LONGEST_QUERY, Fault.REQUEST_TOO_LARGE),
    ],
)
def test_an_ambiguous_query_is_an_untrusted_request(query, fault):
    """RFC 6749 section 3.1: request parameters MUST NOT be included more than once."""
    with pytest.raises(UntrustedRequest) as refused:
        AuthorizationParameters.from_query(query)
    assert refused.value.fault == fault


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters=" "), min_size=1)))
def test_a_list_is_split_at_spaces_only(members):
    """RFC 6749 section 3.3."""
    assert split_list(" ".join(members)) == members
