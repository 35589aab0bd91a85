"""What every form owes to the person who fills it in, one rule for all of them.

What cannot be accepted is told on the form itself, at the top and beside each field, in a sentence of the field's own;
what can ends on a page that may be read again. The pattern is the error summary of the GOV.UK Design System.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from lxml import html

from tests.actors.browser import Browser
from tests.actors.identity_provider import IdentityProvider
from tests.actors.page import Form, Page

NEW_PASSWORD = "Verger-Calme-93%"


@dataclass(frozen=True, slots=True)
class Given:
    idp: IdentityProvider
    browser: Browser
    login: str
    password: str
    sign_on: str


def the_sign_on_page(given: Given) -> Page:
    return given.browser.visits(given.sign_on)


def the_page_that_changes_a_password(given: Given) -> Page:
    return given.browser.visits(f"{given.idp.issuer}/password/change")


def the_page_of_a_forgotten_password(given: Given) -> Page:
    return given.browser.visits(f"{given.idp.issuer}/password/forgotten")


def the_page_behind_a_mailed_link(given: Given) -> Page:
    page = the_page_of_a_forgotten_password(given)
    given.browser.submits(page.form_with("login"), login=given.login)
    link = re.search(r"\S+/password/choose/\S+", given.idp.letters()[-1].get_content())
    assert link
    return given.browser.visits(link.group())


@dataclass(frozen=True, slots=True)
class Filled:
    """A form, what somebody types into its fields when all is well, and which of them are secrets."""

    page: Callable[[Given], Page]
    values: dict[str, Callable[[Given], str]]
    path: str

    def on(self, page: Page) -> Form:
        return next(
            form for form in page.forms if re.search(self.path, form.action) and set(self.values) <= set(form.fields)
        )

    def right(self, given: Given) -> dict[str, str]:
        return {name: value(given) for name, value in self.values.items()}


def _login(given: Given) -> str:
    return given.login


def _password(given: Given) -> str:
    return given.password


def _new(_given: Given) -> str:
    return NEW_PASSWORD


FORMS = {
    "sign on": Filled(the_sign_on_page, {"login": _login, "password": _password}, r"/login/.*/password$"),
    "change the password": Filled(
        the_page_that_changes_a_password,
        {"login": _login, "current_password": _password, "new_password": _new},
        r"/password/change",
    ),
    "forgotten password": Filled(the_page_of_a_forgotten_password, {"login": _login}, r"/password/forgotten"),
    "choose a password": Filled(the_page_behind_a_mailed_link, {"new_password": _new}, r"/password/choose/"),
}
slow = partial(pytest.param, marks=pytest.mark.slow)
FIELDS = [(name, field) for name, form in FORMS.items() for field in form.values]
BUTTONS = {  # forms without a field to fill in
    "/login/<pending>/conditions",
    "/login/<pending>/confirm",
    "/login/<pending>/decline",
    "/login/<pending>/prolong",
    "/logout",
    "/password/choose/<token>/again",
}
WITH_FIELDS = {"/login/<pending>/password", "/password/change", "/password/forgotten", "/password/choose/<token>"}


@pytest.fixture
def given(idp, browser, jeanne, dcc) -> Given:
    return Given(idp=idp, browser=browser, login=jeanne.login, password=jeanne.password, sign_on=dcc.asks())


@pytest.fixture(params=FORMS)
def form(request) -> Filled:
    return FORMS[request.param]


@dataclass(frozen=True, slots=True)
class Told:
    """What a page says to be wrong: at its top (field, sentence), and beside each field."""

    summary: list[tuple[str, str]]
    beside: dict[str, str]
    values: dict[str, str | None]
    secrets: set[str]


def told(page: Page) -> Told:
    tree = html.fromstring(page.html)
    fields = {field.get("id"): field for field in tree.xpath("//input[@id]")}
    beside = {}
    for name, field in fields.items():
        described = (field.get("aria-describedby") or "").split()
        words = tree.xpath(f"//*[@id='{name}-error']")
        assert bool(words) == (field.get("aria-invalid") == "true") == (f"{name}-error" in described)
        if words:
            beside[name] = " ".join(words[0].text_content().split()).removeprefix("Erreur : ")
    return Told(
        summary=[
            (link.get("href").removeprefix("#"), " ".join(link.text_content().split()))
            for link in tree.xpath("//*[@class='summary']//a")
        ],
        beside=beside,
        values={name: field.get("value") for name, field in fields.items()},
        secrets={name for name, field in fields.items() if field.get("type") == "password"},
    )


def sends(given: Given, form: Filled, **changed: str) -> Page:
    page = form.page(given)
    return given.browser.submits(form.on(page), **(form.right(given) | changed))


def is_told_of(page: Page, *fields: str) -> Told:
    """The page says exactly what is wrong with these fields, as the pattern has it."""
    said = told(page)
    assert page.status == 422
    assert page.title.startswith("Erreur")
    assert [field for field, _ in said.summary] == list(fields)
    assert said.beside == dict(said.summary)
    assert len({sentence for _, sentence in said.summary}) == len(fields)
    [summary] = html.fromstring(page.html).xpath("//*[@class='summary']")
    assert (summary.get("role"), summary.get("tabindex")) == ("alert", "-1")
    assert "autofocus" in summary.attrib  # with script or without
    assert len(html.fromstring(page.html).xpath("//*[@autofocus]")) == 1
    assert not any(said.values[name] for name in said.secrets)
    return said


def test_every_address_that_a_form_of_ours_is_posted_to_is_here(idp):
    posted = {
        rule.rule
        for rule in idp.app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and not hasattr(idp.app.view_functions[rule.endpoint], "accepts_cross_site_posts")
    }
    assert posted == BUTTONS | WITH_FIELDS
    assert all(any(re.search(form.path, re.sub("<.*?>", "x", rule)) for form in FORMS.values()) for rule in WITH_FIELDS)


def test_the_browser_leaves_its_own_bubbles_out_and_cuts_nothing(given, form):
    """`novalidate`: the designed summary is said instead. No `maxlength`: a paste is not cut without a word."""
    tree = html.fromstring(form.page(given).html)
    [element] = [one for one in tree.xpath("//form") if re.search(form.path, one.get("action"))]
    assert "novalidate" in element.attrib
    assert element.xpath(".//*[@maxlength]") == []


def test_an_empty_form_says_so_of_each_field(given, form):
    page = sends(given, form, **dict.fromkeys(form.values, ""))
    is_told_of(page, *form.values)


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_an_empty_field_says_so_of_itself_alone(given, name, field):
    form = FORMS[name]
    page = sends(given, form, **{field: ""})
    said = is_told_of(page, field)
    assert said.summary[0][1].startswith("Saisissez")
    for other in set(form.values) - {field} - said.secrets:
        assert said.values[other] == form.right(given)[other]


@pytest.mark.parametrize("length", [1_025, slow(20_000), 70_000, slow(900_000)], ids=str)
@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_value_too_long_is_told_on_the_form(given, name, field, length):
    """However long somebody's paste is; the largest of these is more than a form of ours may hold."""
    form = FORMS[name]
    page = sends(given, form, **{field: "x" * length})
    said = told(page)
    assert page.status == 422
    assert "trop long" in said.beside[field]
    if length < 64_000:
        is_told_of(page, field)
    before = list(form.values)[: list(form.values).index(field)]
    for other in set(before) - said.secrets:
        assert said.values[other] == form.right(given)[other]


@pytest.mark.slow
@pytest.mark.parametrize("how", [{}, {"login": "x" * 300}], ids=["empty", "too long"])
def test_what_cannot_be_read_is_no_attempt(given, form, how):
    """Far more often than attempts are free; then the right values are taken at once."""
    page = form.page(given)
    for _ in range(25):
        wrong = dict.fromkeys(form.values, "") | {name: value for name, value in how.items() if name in form.values}
        assert given.browser.submits(form.on(page), **wrong).status == 422
    sent = given.browser.asks(form.on(page).action, posting=form.on(page).fields | form.right(given))
    assert sent.status_code == 303


def test_what_was_accepted_ends_on_a_page_that_may_be_read_again(given, form):
    """RFC 9110 section 15.4.4: the answer to the POST is 303, so that reloading sends nothing a second time."""
    page = form.page(given)
    sent = given.browser.asks(form.on(page).action, posting=form.on(page).fields | form.right(given))
    assert sent.status_code == 303
    address = f"{given.idp.issuer}{sent.headers['Location']}"
    first, second = given.browser.visits(address), given.browser.visits(address)
    if form is not FORMS["sign on"]:  # whose answer goes to the application once, and says so
        assert (first.status, first.text) == (second.status, second.text)
        assert first.status == 200


def test_a_body_that_no_person_sends_is_named_for_what_it_is_with_a_way_back(given, form):
    page = form.page(given)
    posted = form.on(page)
    answer = given.browser.submits(posted, **dict.fromkeys(form.values, "x" * 1_200_000))
    assert answer.status == 413
    assert "Votre saisie est trop longue" in answer.text
    assert given.browser.follows("Revenir au formulaire").asks_for(*form.values)
