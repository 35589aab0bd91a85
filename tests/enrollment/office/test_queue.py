"""The queue of requests (enrollment/office/queue.py), and its page."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.actor import Actor
from config.audit.trail import Audit
from enrollment.office.queue import COUNTED, PAGE_SIZE, Assigned, Filters, Queue, QueueState
from enrollment.register.importing import import_extract
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartKind
from tests.actors.enrollment import Enrollment
from tests.builders.enrollment import BEGUN, a_part, a_request, an_account_part
from tests.builders.register import a_line, write_extract
from tests.enrollment.office.conftest import SignedIn

NOW = BEGUN + timedelta(days=6)


@pytest.fixture
def queue(enrollment: Enrollment) -> Queue:
    return Queue(enrollment.services.database)


def add(enrollment: Enrollment, state: RequestState = RequestState.PENDING, **named: Any) -> EnrollmentRequest:
    with enrollment.services.database.transaction() as session:
        return a_request(session, state, **named)


def add_many(enrollment: Enrollment, count: int) -> list[EnrollmentRequest]:
    with enrollment.services.database.transaction() as session:
        return [a_request(session, begun=BEGUN + timedelta(seconds=number // 2)) for number in range(count)]


def references(queue: Queue, **wanted: Any) -> list[str | None]:
    return [line.request.reference for line in queue.page(Filters(**wanted), now=NOW).lines]


def test_drafts_and_unverified_requests_are_not_seen(enrollment, queue):
    seen = {state: add(enrollment, state).reference for state in RequestState}
    hidden = {seen[RequestState.DRAFT], seen[RequestState.UNVERIFIED]}
    assert set(references(queue, state=QueueState.ALL)) == set(seen.values()) - hidden
    assert references(queue) == [seen[RequestState.PENDING]]
    assert set(references(queue, state=QueueState.CLOSED)) == {seen[RequestState.WITHDRAWN], seen[RequestState.LAPSED]}


def test_a_request_that_was_never_verified_is_not_seen_when_it_has_lapsed(enrollment, queue):
    add(enrollment, RequestState.LAPSED, email_verified_at=None)
    assert references(queue, state=QueueState.ALL) == []


def test_pages_follow_one_another_without_a_gap(enrollment, queue):
    """Also where two requests were sent at the same instant."""
    added = {request.id for request in add_many(enrollment, 2 * PAGE_SIZE + 3)}
    found, after = [], None
    for _page in range(3):
        page = queue.page(Filters(state=QueueState.ALL), now=NOW, after=after)
        found += [line.request.id for line in page.lines]
        after = page.next
    assert after is None
    assert len(found) == len(added)
    assert set(found) == added


@pytest.mark.parametrize(
    "typed",
    ["Éloïse", "aubrac", "d'Aubrac", "ELOISE D’AUBRAC", "Villemont", "997 0012 3450", "{reference}", "1"],
)
def test_a_request_is_found_as_it_is_typed(enrollment, queue, typed):
    wanted = add(enrollment)
    add(enrollment, family_name="Kerouan", given_name="Maëlys", birth_name="", rpps="99700123468")
    assert references(queue, search=typed.format(reference=wanted.reference)) == [wanted.reference]


@pytest.mark.parametrize("typed", ["%", "_", "'", '"', "\\", "Kerouan", "INS-2026-000009", "9" * 40, "☃"])
def test_what_is_not_there_is_not_found(enrollment, queue, typed):
    add(enrollment)
    assert references(queue, search=typed) == []


def test_each_filter_narrows_the_queue(enrollment, queue):
    parts = [an_account_part(), a_part(PartKind.COMMUNITY, "onco-centre"), a_part(PartKind.APPLICATION, "dcc")]
    wanted = add(enrollment, parts=parts, target_application="dcc", assigned_to="sub-of-camille")
    other = add(enrollment, begun=NOW - timedelta(hours=3))
    for filters, found in (
        ({"part": PartKind.APPLICATION}, [wanted]),
        ({"part": PartKind.ACCOUNT}, [wanted, other]),
        ({"community": "onco-centre"}, [wanted]),
        ({"community": "soins-palliatifs"}, []),
        ({"came_from": "dcc"}, [wanted]),
        ({"assigned": Assigned.ME, "assigned_to": "sub-of-camille"}, [wanted]),
        ({"assigned": Assigned.NOBODY}, [other]),
        ({"older_than": timedelta(days=5)}, [wanted]),
    ):
        assert references(queue, **filters) == [each.reference for each in found]


def test_requests_of_the_same_number_or_mailbox_are_marked(enrollment, queue):
    for named in ({}, {"rpps": "", "email": "eloise.daubrac@exemple.test"}, {"email": "autre@exemple.test"}):
        add(enrollment, **named)
    add(enrollment, rpps="", email="seule@exemple.test")
    marked = [line.is_duplicate for line in queue.page(Filters(), now=NOW).lines]
    assert sorted(marked) == [False, True, True, True]


def test_counts_stop_at_a_hundred(enrollment, queue):
    add_many(enrollment, COUNTED + 2)
    assert queue.counts([Filters(), Filters(assigned=Assigned.ME, assigned_to="x")], now=NOW) == (COUNTED, 0)


# --- the page ---------------------------------------------------------------------------


def test_the_page_shows_who_waits_since_when_and_for_what(enrollment, signed_in: SignedIn):
    parts = [an_account_part(), a_part(PartKind.APPLICATION, "dcc")]
    begun = datetime.now(UTC) - timedelta(days=8, hours=1)
    request = add(enrollment, parts=parts, begun=begun, reminders=2, target_application="perinat")
    page = signed_in("approver").visits(f"{enrollment.address}/office")
    assert page.status == 200
    for shown in (
        "Docteur Éloïse d’Aubrac",
        request.reference,
        "Compte, Dossier communicant de cancérologie",
        "Périnat Centre",
        "8 jours",
        "relancée 2 fois",
        "À décider (1)",
        "Camille · approbation",
        "Me déconnecter",
    ):
        assert shown in page.text


def test_a_request_of_this_hour_does_not_wait_for_zero_hours(enrollment, signed_in):
    add(enrollment, parts=[an_account_part()], begun=datetime.now(UTC) - timedelta(minutes=5))
    assert "moins d’une heure" in signed_in("approver").visits(f"{enrollment.address}/office").text


def test_each_person_is_compared_with_the_register(enrollment, signed_in, tmp_path):
    def tag(**person):
        request = add(enrollment, **person)
        page = signed_in("approver").visits(f"{enrollment.address}/office?q={request.reference}")
        found = re.search(r"(Clé )?RPPS (trouvé|inconnu|discordant|fausse)", page.text)
        return found and found[0]

    database, wrong_key = enrollment.services.database, "99700123451"
    assert tag() is None
    assert tag(rpps=wrong_key) == "Clé RPPS fausse"
    path = write_extract(tmp_path, [a_line()])
    import_extract(database, Audit(database), path, actor=Actor.service("test"))
    assert tag() == "RPPS trouvé"
    assert tag(family_name="Autre", birth_name="Autre") == "RPPS discordant"
    assert tag(rpps=wrong_key) == "RPPS inconnu"


def test_what_has_no_approvers_is_said_to_fall_to_the_region_where_others_have_some(enrollment, signed_in, offered):
    for each in offered["communities"]:
        each["has_approvers"] = each["name"] == "onco-centre"
    add(enrollment, parts=[an_account_part(), a_part(PartKind.COMMUNITY, "onco-centre")])
    browser = signed_in("approver")
    assert "Revient à la région" not in browser.visits(f"{enrollment.address}/office").text
    request = add(enrollment, parts=[an_account_part(), a_part(PartKind.APPLICATION, "perinat")])
    assert browser.visits(f"{enrollment.address}/office").text.count("Revient à la région") == 1
    page = browser.visits(f"{enrollment.address}/office/requests/{request.reference}")
    assert "Sans approbateur propre : revient aux opérateurs de la région" in page.text


def test_the_requests_that_a_colleague_follows_are_a_press_away(enrollment, signed_in):
    hugo = add(enrollment, assigned_to="sub-of-hugo", assigned_name="Hugo Pradel")
    add(enrollment, assigned_to="sub-of-camille", assigned_name="Camille")
    browser = signed_in("approver")
    browser.visits(f"{enrollment.address}/office")
    page = browser.follows("Hugo Pradel")
    shown = [link.address for link in page.links if "/requests/" in link.address]
    assert shown == [f"{enrollment.address}/office/requests/{hugo.reference}"]
    assert '<option value="sub-of-hugo" selected>Hugo Pradel</option>' in page.html
    assert browser.visits(f"{enrollment.address}/office?assigned=nobody-known").status == 200


def test_the_filters_are_in_the_address_and_on_the_page(enrollment, signed_in):
    add(enrollment, assigned_to="sub-of-camille")
    browser = signed_in("approver")
    browser.visits(f"{enrollment.address}/office?state=more_asked&assigned=me")
    assert '<option value="more_asked" selected>' in browser.page.html
    assert "Aucune demande ne correspond." in browser.page.text
    page = browser.follows("Suivies par moi")
    assert page.parameters == {"assigned": "me"}
    assert "Éloïse" in page.text


def test_the_next_page_is_a_link(enrollment, signed_in):
    add_many(enrollment, PAGE_SIZE + 1)
    browser = signed_in("auditor")
    assert browser.visits(f"{enrollment.address}/office").html.count("<tr>") == PAGE_SIZE + 1
    assert browser.follows("Suivantes").html.count("<tr>") == 2
    assert browser.follows("Revenir au début").path == "/office"


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=1-2",
        "after=99999999999999999999-" + "a" * 32,
        "after=1.5-" + "a" * 32,
        "state=no&age=3&part=x",
        "assigned=me&assigned=nobody",
        "q=%00",
        "q=" + "é" * 999,
        "origin=" + "x" * 999,
    ],
)
def test_an_address_that_nobody_was_given_shows_a_page(enrollment, signed_in, query):
    assert signed_in("approver").visits(f"{enrollment.address}/office?{query}").status == 200


def test_a_person_who_is_not_signed_in_signs_in_first(enrollment):
    assert enrollment.a_browser().asks(f"{enrollment.address}/office").status_code in (303, 503)


def test_a_person_without_a_role_is_refused(enrollment, signed_in):
    page = signed_in().visits(f"{enrollment.address}/office")
    assert page.status == 403
    assert "Me déconnecter" in page.text
