"""A request of ours can be read, whatever a browser or an attacker has sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.web.request import AsciiRequest

octets = st.text(st.characters(max_codepoint=0xFF))
pairs = st.lists(st.sampled_from(["a=1", "a=2", 'b="\\351;"', "c", "=d", " e = f ", "g=\xe9", '"', ";", ","]) | octets)


@given(cookie=octets | pairs.map(";".join) | pairs.map("; ".join))
def test_no_cookie_header_makes_reading_a_cookie_fail(cookie):
    cookies = AsciiRequest({"HTTP_COOKIE": cookie, "HTTP_HOST": "id.example"}).cookies

    assert all(isinstance(value, str) for _, value in cookies.items(multi=True))
    assert cookies.get("__Host-idp-session") is None


@pytest.mark.parametrize(
    ("sent", "read"),
    [("a=b&c=%C3%A9", b"a=b&c=%C3%A9"), ("a=\xc3\xa9", b"a=%C3%A9"), ("a=b\r\nc=d e", b"a=b%0D%0Ac=d%20e")],
)
def test_octets_that_an_address_may_not_hold_are_percent_encoded(sent, read):
    """RFC 3986 section 2."""
    assert AsciiRequest({"QUERY_STRING": sent, "HTTP_HOST": "id.example"}).query_string == read
