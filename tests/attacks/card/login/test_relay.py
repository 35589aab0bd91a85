"""A signature, a ticket or a handle counts in one login of one browser, once. Each test says what it prevents."""

import pytest

from tests.actors.card import OTHER_ORIGIN, called, goes_to_browser_door, goes_to_software, posts


@pytest.fixture
def attacker(idp, dcc):
    """The attacker's browser, with a login of its own under way."""
    browser = idp.a_browser(address="203.0.113.9")
    browser.visits(dcc.asks())
    return browser


@pytest.fixture
def victim(browser, dcc):
    browser.visits(dcc.asks())
    return browser


def is_signed_in(browser, dcc):
    return browser.visits(dcc.asks(prompt="none")).parameters.get("error") != "login_required"


def refused_with(page):
    """The sentence of a challenge that does not count."""
    return page.status == 422 and "vient d’une autre page" in page.text


# --- relay: an attacker has the victim's card sign the attacker's login ------------------


def test_a_page_that_imitates_ours_obtains_a_signature_of_no_use(attacker, dcc, card):
    challenge = card.is_challenged(attacker)
    assertion = card.signs(challenge["nonce"], origin=OTHER_ORIGIN)
    page = posts(attacker, assertion, challenge["nonce"])
    assert (page.status, "n’a pas signé la demande de ce site" in page.text) == (422, True)
    assert not is_signed_in(attacker, dcc)


def test_a_handle_of_the_victims_card_opens_nothing_in_the_attackers_browser(attacker, victim, dcc, card):
    """The attacker's ticket, signed by the victim's card: the handle comes back to the victim's browser."""
    return_to = card.answers_ticket(goes_to_software(attacker))
    page = victim.visits(return_to)
    assert (page.status, "Cette connexion a commencé ailleurs" in page.text) == (410, True)
    assert not is_signed_in(victim, dcc)


def test_a_victims_browser_with_the_attackers_pending_cookie_is_still_another_browser(attacker, victim, dcc, card):
    """A sibling host can plant a cookie that is not `__Host-`; the browser's own cookie it cannot plant."""
    return_to = card.answers_ticket(goes_to_software(attacker))
    for host, jar in attacker.cookies.items():
        planted = {name: value for name, value in jar.items() if "__Host-" not in name}
        victim.cookies[host].update(planted)
        victim._paths.update({(host, name): attacker._paths[host, name] for name in planted})
    assert refused_with(victim.visits(return_to))
    assert not is_signed_in(victim, dcc)


def test_the_victims_handle_opens_nothing_in_the_attackers_browser(attacker, victim, dcc, card):
    return_to = card.answers_ticket(goes_to_software(victim))
    handle = return_to.partition("handle=")[2]
    assert attacker.visits(return_to).status == 410
    own = f"{attacker.history[0].url}/card/return?handle={handle}"
    assert refused_with(attacker.visits(own))
    assert dcc.signs_in(victim.visits(return_to)), "nor does the attempt spend it"


def test_a_certificate_shown_for_the_attackers_ticket_opens_nothing(attacker, victim, dcc, card):
    shown = card.is_shown(goes_to_browser_door(attacker))
    assert victim.visits(shown.headers["Location"]).status == 410
    assert not is_signed_in(victim, dcc)


def test_a_nonce_of_another_login_does_not_count(attacker, victim, card):
    nonce = card.is_challenged(attacker)["nonce"]
    assert refused_with(posts(victim, card.signs(nonce), nonce))


def test_a_signature_for_another_purpose_does_not_count(victim, card):
    challenge = card.is_challenged(victim)
    page = posts(victim, card.signs(challenge["nonce"], purpose="enrollment"), challenge["nonce"])
    assert page.status == 422
    assert "n’a pas signé la demande de ce site" in page.text


# --- replay ------------------------------------------------------------------------------


def test_a_signature_counts_once(idp, victim, dcc, card):
    challenge = card.is_challenged(victim)
    assertion, form = card.signs(challenge["nonce"]), victim.page.form_with("assertion", "nonce")
    assert dcc.signs_in(posts(victim, assertion, challenge["nonce"]))
    again = victim.submits(form, assertion=assertion, nonce=challenge["nonce"])
    assert again.status == 410, "the login was answered"


def test_a_signature_counts_once_in_a_login_that_goes_on(victim, paul, card, another_card, dcc):
    """Paul may not enter, so his login is not answered: the same signature is not taken a second time."""
    challenge = another_card.is_challenged(victim)
    assertion, form = another_card.signs(challenge["nonce"]), victim.page.form_with("assertion", "nonce")
    assert posts(victim, assertion, challenge["nonce"]).status == 403
    assert refused_with(victim.submits(form, assertion=assertion, nonce=challenge["nonce"]))


def test_a_handle_counts_once(victim, another_card, paul):
    return_to = another_card.answers_ticket(goes_to_software(victim))
    assert victim.visits(return_to).status == 403
    assert refused_with(victim.visits(return_to))


def test_a_ticket_takes_one_assertion(victim, card):
    ticket = goes_to_software(victim)
    given = {"assertion": card.signs(card.software_asks("GET", ticket).get_json()["nonce"])}
    assert card.software_asks("POST", ticket, json=given).status_code == 200
    assert card.software_asks("POST", ticket, json=given).status_code == 404
    assert card.software_asks("GET", ticket).status_code == 404


def test_the_latest_challenge_of_a_ticket_counts(victim, card):
    """After a wrong PIN the software asks again."""
    ticket = goes_to_software(victim)
    first = card.signs(card.software_asks("GET", ticket).get_json()["nonce"])
    assert card.software_asks("GET", ticket).status_code == 200
    return_to = card.software_asks("POST", ticket, json={"assertion": first}).get_json()["return_to"]
    page = victim.visits(return_to)
    assert (page.status, "n’a pas signé la demande de ce site" in page.text) == (422, True)


def test_a_ticket_that_gave_no_challenge_takes_no_assertion(victim, card):
    ticket = goes_to_software(victim)
    assert card.software_asks("POST", ticket, json={"assertion": card.signs("n" * 43)}).status_code == 404


def test_a_ticket_of_one_door_is_none_of_the_other(victim, card):
    ticket = goes_to_browser_door(victim).rpartition("/")[2]
    assert card.software_asks("GET", ticket).status_code == 404


# --- forged and expired ------------------------------------------------------------------


@pytest.mark.parametrize("handle", ["", "x", "A" * 43, "A" * 4000, "é", "../return"])
def test_a_forged_handle_is_refused(victim, handle):
    page = victim.visits(f"{victim.page.url}/card/return?handle={handle}")
    assert page.status == 422


@pytest.mark.parametrize("ticket", ["x", "A" * 43, "A" * 4000, "%00", "%C3%A9"])
def test_a_forged_ticket_is_not_found(idp, victim, card, ticket):
    assert called(idp.app, "GET", f"/card/hand-off/{ticket}").status_code == 404
    assert called(idp.app, "POST", f"/card/hand-off/{ticket}", json={"assertion": "x"}).status_code == 404
    assert card.is_shown(f"https://abc.cps.id.example/card/tls/{ticket}").status_code == 404


@pytest.mark.parametrize("name", ["other.example", "cps.id.example", "0" * 20 + ".cps.id.example"])
def test_a_ticket_counts_on_its_own_host_name_alone(victim, card, name):
    ticket = goes_to_browser_door(victim).rpartition("/")[2]
    assert card.is_shown(f"https://{name}/card/tls/{ticket}").status_code == 404


def test_a_ticket_lives_five_minutes(clock, victim, card):
    ticket = goes_to_software(victim)
    clock.shift(5 * 60 + 1)
    assert card.software_asks("GET", ticket).status_code == 404


def test_a_challenge_lives_three_minutes(clock, victim, card):
    challenge = card.is_challenged(victim)
    assertion = card.signs(challenge["nonce"])
    clock.shift(3 * 60 + 1)
    assert refused_with(posts(victim, assertion, challenge["nonce"]))


def test_a_handle_lives_two_minutes(clock, victim, card):
    return_to = card.answers_ticket(goes_to_software(victim))
    clock.shift(2 * 60 + 1)
    assert refused_with(victim.visits(return_to))


# --- login CSRF, forged headers ----------------------------------------------------------


def test_another_site_cannot_post_an_assertion(victim, card, dcc):
    form = victim.page.form_with("assertion", "nonce")
    challenge = card.is_challenged(victim)
    fields = form.hidden | {"assertion": card.signs(challenge["nonce"]), "nonce": challenge["nonce"]}
    assert victim.is_made_to_post(form.action, **fields).status in (403, 410)
    assert not is_signed_in(victim, dcc)


def test_header_fields_of_the_tls_door_mean_nothing_to_the_public_listener(idp, victim, dcc, card):
    ticket = goes_to_browser_door(victim).rpartition("/")[2]
    headers = {"X-Card-Verified": "SUCCESS", "X-Card-Certificate": card.pem.replace("\n", "%0A")}
    assert called(idp.app, "GET", f"/card/tls/{ticket}", headers=headers).status_code == 404
    assert called(idp.app, "GET", f"/card/hand-off/{ticket}", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Card-Verified": "FAILED:unable to get issuer certificate"},
        {"X-Card-Verified": "NONE"},
        {"X-Card-Certificate": "not a certificate"},
        {"X-Card-Certificate": "%FF" * 2_000},
        {"X-Card-Certificate": ""},
        {"X-Card-Certificate": "A" * 9_000},
    ],
    ids=lambda headers: next(iter(headers.items()))[1][:20],
)
def test_a_certificate_that_nginx_has_not_verified_brings_no_handle(victim, card, headers):
    shown = card.is_shown(goes_to_browser_door(victim), **headers)
    assert shown.headers["Location"].endswith("/card/return")


# --- bodies and floods -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"assertion": 1}', "application/json", 400),
        (b'{"assertion": "' + b"x" * 9_000 + b'"}', "application/json", 413),
        (b"x" * 100_000, "application/json", 413),
        (b"assertion=x", "application/x-www-form-urlencoded", 415),
        (b"", "", 415),
    ],
)
def test_a_malformed_body_is_refused_and_spends_nothing(victim, card, body, kind, status):
    ticket = goes_to_software(victim)
    challenge = card.software_asks("GET", ticket).get_json()
    assert card.software_asks("POST", ticket, data=body, content_type=kind).status_code == status
    given = {"assertion": card.signs(challenge["nonce"])}
    assert card.software_asks("POST", ticket, json=given).status_code == 200


def test_a_flood_of_tickets_is_limited_for_its_network_and_other_people_go_on(idp, attacker, victim, dcc, card):
    form = attacker.page.form_of("Par le logiciel de carte")
    answers = [attacker.asks(form.action, posting=form.hidden | {"door": "software"}) for _ in range(50)]
    assert {answer.status_code for answer in answers} == {303}
    while answers[-1].status_code == 303 and len(answers) < 500:  # a slow machine asks more: the limit goes by the time
        answers.append(attacker.asks(form.action, posting=form.hidden | {"door": "software"}))
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) <= 30
    assert dcc.signs_in(victim.visits(card.answers_ticket(goes_to_software(victim))))


@pytest.mark.parametrize("changed_settings", [{"failures_per_address": 3}], indirect=True, ids=["three a network"])
def test_wrong_assertions_count_as_failed_logins_of_their_address(idp, attacker, victim, dcc, card, frozen):
    for _ in range(3):
        assert posts(attacker, "x", "n" * 92).status == 422
    waits = posts(attacker, "x", "n" * 92)
    assert (waits.status, "Trop de tentatives" in waits.text) == (429, True)
    assert dcc.signs_in(card.logs_in(victim)), "another address is not concerned"
