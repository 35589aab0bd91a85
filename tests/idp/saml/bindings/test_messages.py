"""Messages in queries and forms are decoded, within limits."""

from base64 import b64encode
from contextlib import suppress
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.xml_bounds import AT_MOST
from idp.saml.bindings.messages import LONGEST_RELAY_STATE, Parameter, by_post, by_redirect, encoded
from idp.saml.errors import SamlFault
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.sp_metadata.service_provider import Binding
from tests.actors.service_provider import deflated

relay_states = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=300)


def refused(read, given) -> str:
    with pytest.raises(UntrustedRequest) as fault:
        read(given)
    return fault.value.fault


@given(xml=st.binary(min_size=1, max_size=2000), relay_state=st.none() | relay_states)
def test_a_message_in_a_query_is_decoded(xml, relay_state):
    """Bindings 3.4.4.1."""
    given = {"SAMLRequest": b64encode(deflated(xml)).decode()}
    query = urlencode(given if relay_state is None else given | {"RelayState": relay_state}, quote_via=quote)
    received = by_redirect(query)
    assert (received.xml, received.relay_state, received.binding) == (xml, relay_state, Binding.REDIRECT)
    assert (received.parameter, received.raw_query, received.signed_query) == (Parameter.REQUEST, query, False)


@given(xml=st.binary(min_size=1, max_size=2000), relay_state=st.none() | relay_states)
def test_a_message_in_a_form_is_decoded(xml, relay_state):
    """Bindings 3.5.4."""
    given = {"SAMLResponse": encoded(xml)}
    received = by_post(urlencode(given if relay_state is None else given | {"RelayState": relay_state}).encode())
    assert (received.xml, received.relay_state, received.binding) == (xml, relay_state, Binding.POST)
    assert received.parameter is Parameter.RESPONSE


@given(octets=st.binary(max_size=300))
def test_any_octets_are_decoded_or_refused(octets):
    for read, sent in ((by_post, octets), (by_redirect, octets.decode("latin-1"))):
        with suppress(UntrustedRequest):
            read(sent)


def test_base64_may_have_line_breaks():
    """RFC 2045 6.8; many senders of forms do so."""
    wrapped = b"\r\n".join(b64encode(b"<a/>" * 40)[at : at + 76] for at in range(0, 216, 76))
    assert by_post(urlencode({"SAMLRequest": wrapped}).encode()).xml == b"<a/>" * 40


def test_an_artifact_is_text():
    assert by_redirect("SAMLart=AAQAAA%3D%3D&RelayState=x").xml == b"AAQAAA=="


def test_other_parameters_are_ignored():
    """Bindings 3.4.4 allows them."""
    assert by_redirect(f"lang=fr&lang=en&SAMLRequest={quote(b64encode(deflated(b'<a/>')))}").xml == b"<a/>"


def test_an_empty_relay_state_counts_as_absent():
    """Bindings 3.4.3."""
    assert by_post(urlencode({"SAMLRequest": "QQ==", "RelayState": ""}).encode()).relay_state is None


def test_limits_are_in_octets():
    long = "é" * (LONGEST_RELAY_STATE // 2 + 1)
    form = urlencode({"SAMLRequest": "QQ==", "RelayState": long}).encode()
    assert refused(by_post, form) == SamlFault.RELAY_STATE_TOO_LONG
    assert refused(by_redirect, "a" * 65_537) == SamlFault.REQUEST_TOO_LARGE
    bomb = quote(b64encode(deflated(b" " * (AT_MOST + 1))))
    assert refused(by_redirect, f"SAMLRequest={bomb}") == SamlFault.REQUEST_TOO_LARGE
    assert refused(by_post, urlencode({"SAMLRequest": encoded(b" " * (AT_MOST + 1))}).encode()) == (
        SamlFault.REQUEST_TOO_LARGE
    )
