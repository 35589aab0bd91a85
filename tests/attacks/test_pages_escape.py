"""Threat: a name, a login or an address from outside becomes markup, script, or a link that runs one."""

import re

import pytest

from config.web.addresses import application_address, local_path, web_address
from config.web.pages import FaultPage, Page, render
from idp.account_pages.password_pages import ForgottenPasswordPage, PasswordChangedPage
from idp.account_pages.profile_pages import AssignmentOnPage, IdentifierOnPage, ProfilePage
from idp.account_pages.session_pages import ApplicationInSession, HomePage, SessionPage
from idp.demo.letters import LetterOnPage, LettersPage
from idp.login.pages import (
    AssuranceRefusedPage,
    ChangePasswordPage,
    ConfirmIdentityPage,
    ContinuePage,
    EntryRefusedPage,
    PostPage,
    SignOnPage,
    StartAgainPage,
)
from idp.logout.pages import ApplicationInLogout, ConfirmLogoutPage, GoingBackPage, SignedOutPage, SigningOutPage
from idp.logout.protocol import Outcome
from idp.web.application_summary import ApplicationOnPage
from idp.web.protocol_response import FormPost, Redirect
from tests.idp.page_states import preview_app
from tests.idp.page_states.parts import STARTED

MARKUP = "\"'><img src=x onerror=alert(1)>{{7*7}}%(name)s%s</title><script>alert(2)</script>"
RUNS = "javascript:alert(document.domain)//https://dcc.example"
HOSTILE = ApplicationOnPage(name=MARKUP, home_url=RUNS, logo_url=f"/logos/{MARKUP}", login_button=None)

HOSTILE_PAGES: list[Page] = [
    SignOnPage(
        application=HOSTILE,
        pending=MARKUP,
        login_hint=MARKUP,
        problems=(("password", "login.refused"),),
    ),
    ConfirmIdentityPage(display_name=MARKUP, application=HOSTILE, pending=MARKUP),
    EntryRefusedPage(application=HOSTILE, display_name=MARKUP, back=Redirect(url=RUNS)),
    AssuranceRefusedPage(application=HOSTILE, needed=MARKUP, display_name=MARKUP, back=Redirect(url=RUNS)),
    PostPage(
        application=HOSTILE,
        form=FormPost(
            action="https://dcc.example/acs?\"'><script>alert(1)</script>", fields=((MARKUP, MARKUP),), origins=()
        ),
    ),
    ContinuePage(application=HOSTILE, url="https://dcc.example/callback?state=\"'><script>alert(1)</script>"),
    StartAgainPage(reason="expired", application=HOSTILE),
    ChangePasswordPage(
        reason="expired",
        application=HOSTILE,
        pending=MARKUP,
        login=MARKUP,
        problems=(("new_password", "password.common"),),
    ),
    ForgottenPasswordPage(login=MARKUP, back_url=RUNS),
    PasswordChangedPage(),
    LettersPage(letters=(LetterOnPage(to=MARKUP, subject=MARKUP, sent_at=STARTED, body=MARKUP, link=RUNS),)),
    HomePage(display_name=MARKUP, applications=(HOSTILE,)),
    SessionPage(
        display_name=MARKUP,
        login=MARKUP,
        method="password",
        started_at=STARTED,
        ends_at=STARTED,
        idle_at=STARTED,
        applications=(ApplicationInSession(name=MARKUP, first_used=STARTED, home_url=RUNS),),
    ),
    ProfilePage(
        display_name=MARKUP,
        login=MARKUP,
        identity=((MARKUP, MARKUP),),
        contact=((MARKUP, MARKUP),),
        address=(MARKUP, MARKUP),
        identifiers=(IdentifierOnPage(name="adeli", value=MARKUP, proof="typed"),),
        communities=(AssignmentOnPage(name=MARKUP, since=STARTED.date(), role=MARKUP),),
        applications=(AssignmentOnPage(name=MARKUP, since=STARTED.date(), role=MARKUP),),
        closed_applications=(MARKUP,),
    ),
    ConfirmLogoutPage(display_name=MARKUP, application=HOSTILE, hidden=((MARKUP, MARKUP),), stay_url=RUNS),
    SignedOutPage(
        applications=tuple(ApplicationInLogout(name=MARKUP, outcome=outcome, home_url=RUNS) for outcome in Outcome),
        application=HOSTILE,
        return_url=RUNS,
        display_name=MARKUP,
        again_url=f"/logout/{MARKUP}",
    ),
    SigningOutPage(
        applications=(ApplicationInLogout(name=MARKUP, outcome=Outcome.REDIRECTED, home_url=RUNS),),
        to=HOSTILE,
        response=Redirect(url="https://dcc.example/slo?SAMLRequest=\"'><script>alert(1)</script>"),
        skip_url=f"/logout/{MARKUP}",
    ),
    GoingBackPage(
        application=HOSTILE,
        response=FormPost(
            action="https://dcc.example/slo?\"'><script>alert(1)</script>", fields=((MARKUP, MARKUP),), origins=()
        ),
    ),
    FaultPage(
        status=400,
        code=MARKUP,
        reference=MARKUP,
        back_url=RUNS,
        back_to=MARKUP,
        received=MARKUP,
        registered=(MARKUP,),
    ),
]

SCRIPT_ADDRESSES = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript://dcc.example/%0aalert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://dcc.example/x",
    "//evil.example",
    "https:",
    "https:///path",
    "",
]


@pytest.fixture(scope="module")
def shown():
    """The HTML of a page, in French and in English."""
    app = preview_app()

    def show(page: Page, language: str) -> str:
        with app.test_request_context("/page", headers={"Accept-Language": language}):
            return render(page).get_data(as_text=True)

    return show


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("page", HOSTILE_PAGES, ids=lambda page: type(page).__name__)
def test_nothing_from_outside_becomes_markup_or_runs(shown, page, language):
    html = shown(page, language)

    assert "<img src=x" not in html
    assert "<script>" not in html
    assert ">49<" not in html  # a template within a value
    assert html.count("</title>") == 1
    for address in re.findall(r'(?:href|action|content)="([^"]*)"', html):
        assert not re.match(r"(0;url=)?\s*javascript:", address, re.IGNORECASE)


@pytest.mark.parametrize("address", SCRIPT_ADDRESSES)
def test_an_address_that_runs_is_no_link(address):
    assert web_address(address) == ""
    assert application_address(address) == ""


@pytest.mark.parametrize("address", SCRIPT_ADDRESSES)
def test_an_answer_is_not_carried_to_an_address_that_runs(address):
    with pytest.raises(ValueError, match="cannot be sent"):
        ContinuePage(application=HOSTILE, url=address)


@pytest.mark.parametrize("address", ["https://dcc.example/cb?a=b;c", "http://127.0.0.1:8411/cb", "fr.exemple.dcc:/cb"])
def test_an_answer_is_carried_to_an_application(address):
    assert ContinuePage(application=HOSTILE, url=address).url == application_address(address) == address


@pytest.mark.parametrize(
    "address", ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "x", ""]
)
def test_a_path_of_ours_leads_nowhere_else(address):
    assert local_path(address) is None


def test_the_code_is_not_in_what_is_printed():
    assert "secret" not in repr(ContinuePage(application=HOSTILE, url="https://dcc.example/cb?code=secret"))
