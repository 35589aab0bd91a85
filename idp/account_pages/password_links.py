"""The pages of a forgotten password: request a link by e-mail, and choose a password by the link.

    GET, POST /password/forgotten        the response is the same for every account, and for none
    GET       /password/forgotten/sent   its confirmation
    GET, POST /password/choose/<token>   the link; a GET does not use it up
    GET, POST /password/choose/<token>/again   another link, to the mailbox of a first link that has expired

`?pending=` names a pending login to return to.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import RetryAfter
from config.web.forms import FormProblems, Problems, form_field, read_form
from config.web.pages import render
from config.web.web_app import WebShell
from idp.account_pages.password_pages import (
    ChoosePasswordPage,
    ForgottenPasswordPage,
    ForgottenSentPage,
    LinkSpentPage,
)
from idp.account_pages.password_shared import (
    DonePages,
    PendingLoginPages,
    back_url,
    new_password_problems,
    password_changed,
    with_retry_after,
)
from idp.accounts.passwords.links import LONGEST_SOUGHT, LinkSpent, PasswordLinks
from idp.accounts.passwords.passwords import Changed, Passwords, PolicyFaults
from idp.accounts.passwords.policies import CEILING

_SENT = "link-sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenForm:
    login: str = form_field(longest=LONGEST_SOUGHT, error_prefix="sought")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseForm:
    new_password: str = form_field(longest=CEILING, secret=True, error_prefix="password")


class PasswordLinkPages:
    """The views of a forgotten password."""

    def __init__(
        self,
        *,
        web: WebShell,
        passwords: Passwords,
        links: PasswordLinks,
        login: PendingLoginPages,
        link_lifetime: timedelta,
    ) -> None:
        self._passwords = passwords
        self._links = links
        self._login = login
        self._done = DonePages(web.cookies)
        self._link_minutes = link_lifetime // timedelta(minutes=1)

    def blueprint(self) -> Blueprint:
        pages = Blueprint("password_links", __name__, url_prefix="/password")
        pages.get("/forgotten", endpoint="forgotten")(self._forgotten_page)
        pages.post("/forgotten", endpoint="send")(self._send)
        pages.get("/forgotten/sent", endpoint="sent")(self._sent_page)
        pages.get("/choose/<token>", endpoint="choose_page")(self._choose_page)
        pages.post("/choose/<token>", endpoint="choose")(self._choose)
        pages.get("/choose/<token>/again", endpoint="back_from_again")(self._back_from_again)
        pages.post("/choose/<token>/again", endpoint="send_again")(self._send_again)
        return pages

    # --- requesting a link -------------------------------------------------------------

    def _forgotten_page(self, *, login: str = "", problems: Problems = (), wait: RetryAfter | None = None) -> Response:
        wait_seconds = wait.seconds if wait else None
        page = ForgottenPasswordPage(login=login, problems=problems, wait_seconds=wait_seconds, back_url=back_url())
        return render(page, 429 if wait else 422 if problems else 200)

    def _send(self) -> AnyResponse:
        form = read_form(ForgottenForm)
        if isinstance(form, FormProblems):
            return self._forgotten_page(login=form.kept["login"], problems=form.listed())
        wait = self._links.send(form.login, self._login.browser.visit())
        if wait:
            return with_retry_after(self._forgotten_page(login=form.login, wait=wait), wait)
        return self._done.redirect(self._sent().path, _SENT)

    @staticmethod
    def _back_from_again(token: str) -> AnyResponse:
        """The address of the form, reloaded from the address bar."""
        return redirect(f"/password/choose/{token}", 303)

    def _send_again(self, token: str) -> AnyResponse:
        """Another link instead of one that has expired; the response is the same when nobody knows the link."""
        wait = self._links.send_again(token, self._login.browser.visit())
        if wait:
            return with_retry_after(self._forgotten_page(wait=wait), wait)
        return self._done.redirect(self._sent().path, _SENT)

    def _sent_page(self) -> AnyResponse:
        if not self._done.has_done(_SENT):
            return redirect(ForgottenPasswordPage(back_url=back_url()).path, 303)
        return render(self._sent())

    def _sent(self) -> ForgottenSentPage:
        return ForgottenSentPage(link_minutes=self._link_minutes, back_url=back_url())

    # --- choosing a password by the link -----------------------------------------------

    def _choose_page(self, token: str, *, problems: Problems = ()) -> Response:
        snapshot = self._links.open(token)
        if snapshot is None:
            return render(LinkSpentPage(token=token), 410)
        rules = self._passwords.policy.rules()
        page = ChoosePasswordPage(token=token, login=snapshot.login, rules=rules, problems=problems)
        return render(page, 422 if problems else 200)

    def _choose(self, token: str) -> AnyResponse:
        form = read_form(ChooseForm)
        if isinstance(form, FormProblems):
            return self._choose_page(token, problems=form.listed())
        destination = self._links.destination(token)
        address, agent = request.remote_addr or "", request.user_agent.string
        match self._links.use(token, form.new_password, address=address, agent=agent):
            case PolicyFaults() as refused:
                return self._choose_page(token, problems=new_password_problems(refused))
            case LinkSpent():
                return render(LinkSpentPage(token=token), 410)
            case Changed() as changed:
                return password_changed(changed, self._done, self._login, continue_to=destination)
