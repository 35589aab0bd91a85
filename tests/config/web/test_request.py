"""A request of ours reads as one of Flask, whatever a browser or an attacker has sent."""

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st

from config.web.request import AsciiRequest

octets = st.text(st.characters(max_codepoint=0xFF))
pairs = st.lists(st.sampled_from(["a=1", "a=2", 'b="\\351;"', "c", "=d", " e = f ", "g=\xe9", '"', ";", ","]) | octets)


@given(cookie=octets | pairs.map(";".join) | pairs.map("; ".join))
def test_cookies_are_read_as_werkzeug_reads_them(cookie):
    environ = {"HTTP_COOKIE": cookie, "HTTP_HOST": "id.example"}

    ours, werkzeugs = AsciiRequest(environ).cookies, Request(environ).cookies

    assert list(ours.items(multi=True)) == list(werkzeugs.items(multi=True))
    assert type(ours) is type(werkzeugs)


@pytest.mark.parametrize("environ", [{}, {"HTTP_COOKIE": ""}, {"HTTP_X_COOKIE": "a=1"}])
def test_a_request_without_cookies_has_none(environ):
    assert not AsciiRequest(environ).cookies
