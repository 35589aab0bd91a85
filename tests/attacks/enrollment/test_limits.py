"""Prevents: filling the queue, the database or a mailbox by sending without end from an address or its network."""

import time
from datetime import timedelta

import pytest

from config.mail_addresses import mailbox_of
from config.redis.rate_limits import LONGEST_WAIT, Visit
from enrollment.applicant.anti_bot import LETTERS_AT_MOST, LETTERS_FROM_A_NETWORK, SENDS
from enrollment.applicant.entry import BEGINNINGS
from enrollment.applicant.resume import LINKS
from enrollment.applicant.steps.check import CORRECTIONS
from tests.actors.applicant import Applicant
from tests.enrollment.applicant.test_check import the_link


def from_address(enrollment, address):
    return Applicant(enrollment.a_browser(address=address), enrollment.address)


def begins(enrollment, address):
    """The status of the answer to somebody who accepts the conditions."""
    return from_address(enrollment, address).begins().status


def test_a_network_begins_so_many_requests_at_once_whatever_its_addresses(enrollment, frozen):
    statuses = [begins(enrollment, f"198.51.100.{number}") for number in range(1, 4 * BEGINNINGS.at_once + 2)]
    assert (statuses.count(200), statuses[-1]) == (4 * BEGINNINGS.at_once, 429)
    assert begins(enrollment, "203.0.113.1") == 200, "another network is not held up"


def test_an_address_of_ipv6_is_its_prefix_of_64_bits(enrollment, frozen):
    statuses = [begins(enrollment, f"2001:db8:5:6::{number:x}") for number in range(1, BEGINNINGS.at_once + 2)]
    assert (statuses.count(200), statuses[-1]) == (BEGINNINGS.at_once, 429)
    frozen.shift(timedelta(hours=2))
    assert begins(enrollment, "2001:db8:5:6::1") == 200


@pytest.mark.parametrize("pace", [BEGINNINGS, LINKS, CORRECTIONS, *SENDS.values()])
def test_who_waits_is_never_shut_out_by_who_tries_without_end(enrollment, frozen, pace):
    """A hospital is one address: a stranger there closes enrollment to nobody."""
    throttle, address = enrollment.services.throttle, "198.51.100.7"

    def tries(client):
        visit = Visit(address=address, client=client)
        return throttle.admit("an act", visit, at_once=pace.at_once, every=pace.every)

    for number in range(pace.at_once + 20):
        tries(f"stranger {number}")
    waited = 0
    while (wait := tries("hers")) is not None:
        waited += wait.seconds
        for _ in range(wait.seconds):
            frozen.shift(1)
            for number in range(5):
                tries(f"stranger {number}, {waited}, {time.time()}")
    assert waited <= max(LONGEST_WAIT.total_seconds(), pace.every)


def test_a_mailbox_gets_so_many_letters_however_many_ask_and_the_pages_are_the_same(enrollment):
    pages = set()
    for number in range(LETTERS_AT_MOST + 4):
        applicant = from_address(enrollment, f"203.0.{number}.7")
        applicant.sends_a_request(email="eloise.daubrac@exemple.test")
        pages.add((applicant.page.status, applicant.page.path))
    assert pages == {(200, "/request/sent")}
    assert len(enrollment.letters()) == LETTERS_AT_MOST


def test_strangers_of_one_network_leave_letters_to_the_owner_of_the_mailbox(enrollment):
    """Requests in her name, and letters asked for again, do not withhold the one that verifies her request."""
    email = "eloise.daubrac@exemple.test"
    for number in (1, 2):
        stranger = from_address(enrollment, f"203.0.113.{number}")
        stranger.sends_a_request(email=email)
        for _ in range(LETTERS_AT_MOST):
            stranger.presses("Renvoyer le lien")
    assert len(enrollment.letters()) == LETTERS_FROM_A_NETWORK
    eloise = from_address(enrollment, "198.51.100.7")
    eloise.sends_a_request(email=email)
    *_, hers = enrollment.letters()
    assert len(enrollment.letters()) == LETTERS_FROM_A_NETWORK + 1
    eloise.browser.visits(the_link(hers))
    assert "Confirmer mon adresse" in eloise.page.text


@pytest.mark.parametrize(
    ("email", "mailbox"),
    [
        ("Zoe+1@Exemple.test", "zoe@exemple.test"),
        ("zoe+a+b@exemple.test", "zoe@exemple.test"),
        ("+zoe@exemple.test", "+zoe@exemple.test"),
    ],
)
def test_the_details_of_an_address_make_no_other_mailbox(email, mailbox):
    assert mailbox_of(email) == mailbox


def test_a_mailbox_is_not_flooded_by_its_detailed_addresses(enrollment):
    for number in range(LETTERS_AT_MOST + 2):
        from_address(enrollment, f"203.0.{number}.7").sends_a_request(email=f"eloise+{number}@exemple.test")
    assert len(enrollment.letters()) == LETTERS_AT_MOST


def test_a_network_asks_for_so_many_links_whatever_its_addresses(enrollment, frozen):
    """A subscriber with a /48 of IPv6 has 65,536 networks of 64 bits."""
    statuses = []
    for number in range(4 * LINKS.at_once + 1):
        somebody = from_address(enrollment, f"2001:db8:7:{number:x}::1")
        somebody.visits("/follow")
        statuses.append(somebody.sends("email", email=f"personne{number}@exemple.test").status)
    assert statuses == [200] * (4 * LINKS.at_once) + [429]


def test_an_address_asks_for_so_many_links_at_once(enrollment, stranger, frozen):
    statuses = []
    for number in range(LINKS.at_once + 1):
        stranger.visits("/follow")
        statuses.append(stranger.sends("email", email=f"personne{number}@exemple.test").status)
    assert statuses == [200] * LINKS.at_once + [429]


def test_who_is_refused_is_told_how_long_to_wait(enrollment, frozen):
    for _ in range(BEGINNINGS.at_once + 1):
        page = from_address(enrollment, "198.51.100.9").begins()
    assert page.status == 429
    assert 0 < int(page.headers["Retry-After"]) <= LONGEST_WAIT.total_seconds()
    assert page.links


def asks_to_follow(enrollment, address, email):
    somebody = from_address(enrollment, address)
    somebody.visits("/follow")
    somebody.sends("email", email=email)


def test_links_that_strangers_ask_for_withhold_no_letter_from_the_owner_of_the_mailbox(enrollment):
    """Neither the link that verifies her request, nor the one to follow it."""
    email = "eloise.daubrac@exemple.test"
    for number in range(LETTERS_AT_MOST + 2):
        asks_to_follow(enrollment, f"203.0.{number}.7", email)
    assert enrollment.letters() == []
    from_address(enrollment, "198.51.100.7").sends_a_request(email=email)
    assert len(enrollment.letters()) == 1
    asks_to_follow(enrollment, "198.51.100.7", email)
    assert len(enrollment.letters()) == 2


def test_each_link_of_a_mailbox_counts_and_what_it_has_verified_comes_first(enrollment):
    """A stranger begins more requests with her address than one demand has links for, and asks without end."""
    email = "eloise.daubrac@exemple.test"
    eloise = from_address(enrollment, "198.51.100.7")
    eloise.sends_a_request(email=email)
    eloise.browser.visits(the_link(enrollment.letters()[0]))
    eloise.presses("Confirmer mon adresse")
    before = len(enrollment.letters())
    for number in range(4):
        begun = from_address(enrollment, f"203.0.{number}.7")
        begun.begins()
        begun.visits("/resume")
        begun.sends("email", email=email)
    letters = enrollment.letters()[before:]
    assert len(letters) == LETTERS_AT_MOST
    assert all("/status/" in the_link(letter) for letter in letters[:1])
