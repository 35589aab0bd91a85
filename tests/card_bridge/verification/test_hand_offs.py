"""A ticket and a handle count for what they were made for, in one browser, at one door, once."""

import pytest

from card_bridge.assertion import Purpose
from card_bridge.verification.hand_offs import Door, Handed, HandOffs, SignedChallenge, Ticket, TlsCertificate

LOGIN = Ticket(
    door=Door.SOFTWARE,
    bound_to="a login",
    purpose=Purpose.STEP_UP,
    application="Dossier communicant",
    return_path="/login/dcc:a/card/return",
)
BY_TLS = Ticket(
    door=Door.TLS, bound_to="a login", purpose=Purpose.LOGIN, application="", return_path="/login/dcc:a/card/return"
)


@pytest.fixture
def hand_offs(store):
    return HandOffs(store)


def is_signed(hand_offs, *, browser="a browser"):
    """The handle with which the browser returns, once the card has signed."""
    token = hand_offs.make_ticket(LOGIN, browser=browser)
    assert hand_offs.give_challenge(token, "a nonce")
    path, _, handle = hand_offs.take_assertion(token, "an assertion").partition("?handle=")
    assert path == LOGIN.return_path
    return handle


def test_a_ticket_says_what_the_card_is_asked_for(hand_offs):
    assert hand_offs.find(hand_offs.make_ticket(LOGIN, browser="a browser"), Door.SOFTWARE) == LOGIN


def test_a_handle_brings_what_the_card_has_signed_and_the_purpose_of_its_ticket(hand_offs):
    handed = hand_offs.take(is_signed(hand_offs), bound_to="a login", browser="a browser")
    assert handed == Handed(evidence=SignedChallenge("an assertion", "a nonce"), purpose=Purpose.STEP_UP)


def test_a_certificate_comes_back_by_the_same_rules(hand_offs):
    token = hand_offs.make_ticket(BY_TLS, browser="a browser")
    handle = hand_offs.take_certificate(token, b"\x30\x00").partition("?handle=")[2]
    handed = hand_offs.take(handle, bound_to="a login", browser="a browser")
    assert handed == Handed(evidence=TlsCertificate(b"\x30\x00"), purpose=Purpose.LOGIN)
    assert hand_offs.take_certificate(token, b"\x30\x00") is None


@pytest.mark.parametrize(("bound_to", "browser"), [("another login", "a browser"), ("a login", "another browser")])
def test_a_handle_is_not_found_elsewhere_and_is_not_spent_there(hand_offs, bound_to, browser):
    handle = is_signed(hand_offs)
    assert hand_offs.take(handle, bound_to=bound_to, browser=browser) is None
    assert hand_offs.take(handle, bound_to="a login", browser="a browser") is not None
    assert hand_offs.take(handle, bound_to="a login", browser="a browser") is None


def test_a_ticket_of_one_door_is_unknown_at_the_other(hand_offs):
    software, tls = (hand_offs.make_ticket(ticket, browser="a browser") for ticket in (LOGIN, BY_TLS))
    assert hand_offs.find(software, Door.TLS) is None
    assert hand_offs.take_certificate(software, b"\x30\x00") is None
    assert not hand_offs.give_challenge(tls, "a nonce")
    assert hand_offs.take_assertion(tls, "an assertion") is None


@pytest.mark.parametrize("token", ["", "A" * 42, "A" * 43, "é" * 43, "\ud800"])
def test_what_was_never_made_is_not_found(hand_offs, token):
    assert hand_offs.find(token, Door.SOFTWARE) is None
    assert hand_offs.take(token, bound_to="a login", browser="a browser") is None
