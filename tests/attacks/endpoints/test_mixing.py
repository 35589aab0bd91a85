"""Prevents: one person's identity in the answer to another, when many sign in at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from relying_parties.policy import SubjectType
from tests.builders.registry import a_registration

TIMES = 12


def test_people_who_sign_in_together_are_each_themselves(idp, jeanne, paul, perinat):
    """pyop keeps its state on the provider: ours lasts for one request."""
    together = Barrier(4)

    def sign_in(person, browser):
        together.wait()
        return [
            (perinat.learns(perinat.signs_in(browser.visits(perinat.asks())))["preferred_username"], person.login)
            for _ in range(TIMES)
        ]

    people = [(person, idp.a_browser(address=f"192.0.2.{n}")) for n, person in enumerate((jeanne, paul, jeanne, paul))]
    for person, browser in people:
        browser.logs_in(person, to=perinat)
    with ThreadPoolExecutor(len(people)) as pool:
        for answers in pool.map(lambda each: sign_in(*each), people):
            assert [learned for learned, _ in answers] == [login for _, login in answers]


def test_a_sign_in_to_one_application_leaves_the_tokens_of_another_as_they_were(idp, browser, jeanne, dcc):
    """Prevents: a public subject written over a pairwise one, after which earlier tokens name nobody."""
    terms = {"subject_type": SubjectType.PAIRWISE, "sector": "carnet.example"}
    pairwise = idp.registers(a_registration(name="carnet", client_id="carnet", **terms))
    before = pairwise.signs_in(browser.logs_in(jeanne, to=pairwise))
    dcc.signs_in(browser.visits(dcc.asks()))
    assert pairwise.learns(before)["sub"] == before.subject


def test_two_tabs_that_open_the_same_login_at_once_belong_to_one_browser(idp, browser, jeanne, dcc):
    """A browser that fetches a page ahead and then again is not another browser."""
    browser.visits(f"{idp.issuer}/account")  # it has its name
    begun = browser.asks(dcc.asks()).headers["Location"]
    tabs, together = [browser.another_tab() for _ in range(4)], Barrier(4)

    def open_it(tab):
        together.wait()
        return tab.visits(f"{idp.issuer}{begun}").status

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(open_it, tabs)) == {200}
