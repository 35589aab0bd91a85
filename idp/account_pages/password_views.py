"""The password pages: change it, say that it is forgotten, choose it by a mailed link.

    GET, POST /password/change           with the present password, on the way to an application or not; whoever
                                         has just logged in with one that has expired does not type it again
    GET, POST /password/forgotten        the same answer whoever is asked about
    GET       /password/forgotten/sent   where that leads
    GET, POST /password/choose/<token>   GET spends nothing
    GET       /password/changed          where a change leads that no application waits for

`?pending=` names the login that waits, on the way there and back. What was done is told by a page
of its own, which reloading does not do again; it is shown to the browser that did it, for a while.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import RetryAfter, Visit
from config.web.forms import FormProblems, Problems, form_field, read_form
from config.web.pages import render
from config.web.web_app import WebShell
from idp.account_pages.password_pages import (
    ChoosePasswordPage,
    ForgottenPasswordPage,
    ForgottenSentPage,
    LinkSpentPage,
    PasswordChangedPage,
)
from idp.accounts.login_throttle import Attempt
from idp.accounts.passwords.changes import PasswordChanges
from idp.accounts.passwords.links import LONGEST_SOUGHT, LinkSpent, PasswordLinks
from idp.accounts.passwords.passwords import Changed, Passwords, PolicyFaults
from idp.accounts.passwords.policies import CEILING
from idp.login.methods.base import Proof
from idp.login.methods.password import PASSWORD
from idp.login.pages import ChangePasswordPage
from idp.login.pending_cookies import path_of
from idp.sessions.session import ActiveSession
from idp.settings import Settings
from idp.web.application_summary import ApplicationOnPage

_DONE_COOKIE = "done"
_CHANGED, _SENT = "password-changed", "link-sent"
_DONE_FOR = timedelta(minutes=10)
_PENDING = re.compile(r"[^\s/\\?#\x00-\x1f\x7f]{1,400}")


class PendingLoginPages(Protocol):
    """The login pages, as these pages use them (idp/login/views.py)."""

    def active_session(self) -> ActiveSession | None:
        """The session of the browser that sent the present request."""
        ...

    def attempt(self, login: str) -> Attempt:
        """A password about to be tried by the browser that sent the present request."""
        ...

    def visit(self) -> Visit:
        """Who sent the present request, for limits that concern no account."""
        ...

    def with_device_cookie(
        self, response: AnyResponse, *, login: str, account_id: str, valid_from: datetime
    ) -> AnyResponse:
        """The response, by which the browser that sent the present request is known to the account from now on."""
        ...

    def application_of(self, identifier: str) -> ApplicationOnPage | None:
        """The application that a pending login leads to."""
        ...

    def proven_in(self, identifier: str, method: str) -> ActiveSession | None:
        """The session whose person proved by `method` who they are, in this pending login and not long ago."""
        ...

    def signed_in(self, identifier: str, proof: Proof, *, before: ActiveSession | None) -> AnyResponse:
        """Go on with a pending login after a change of password, which has ended the session `before` it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeForm:
    login: str = form_field(longest=LONGEST_SOUGHT, said_as="login")
    current_password: str = form_field(longest=CEILING, secret=True, said_as="current-password")
    new_password: str = form_field(longest=CEILING, secret=True, said_as="password")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewForm:
    new_password: str = form_field(longest=CEILING, secret=True, said_as="password")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenForm:
    login: str = form_field(longest=LONGEST_SOUGHT, said_as="sought")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseForm:
    new_password: str = form_field(longest=CEILING, secret=True, said_as="password")


class PasswordPages:
    """The password views and what they need."""

    def __init__(
        self,
        *,
        web: WebShell,
        passwords: Passwords,
        changes: PasswordChanges,
        links: PasswordLinks,
        login: PendingLoginPages,
        settings: Settings,
    ) -> None:
        self._web = web
        self._passwords = passwords
        self._changes = changes
        self._links = links
        self._login = login
        self._time_zone = ZoneInfo(settings.time_zone)
        self._link_minutes = settings.password_link_lifetime // timedelta(minutes=1)

    def blueprint(self) -> Blueprint:
        password = Blueprint("password", __name__, url_prefix="/password")
        password.get("/change", endpoint="change")(self._change_page)
        password.post("/change", endpoint="changed")(self._change)
        password.get("/forgotten", endpoint="forgotten")(self._forgotten_page)
        password.post("/forgotten", endpoint="sent")(self._forgotten)
        password.get("/forgotten/sent", endpoint="forgotten_sent")(self._sent_page)
        password.get("/changed", endpoint="done")(self._changed_page)
        password.get("/choose/<token>", endpoint="choose")(self._choose_page)
        password.post("/choose/<token>", endpoint="chosen")(self._choose)
        return password

    # --- changing it, with the present one ---------------------------------------------

    def _change(self) -> AnyResponse:
        pending = _pending()
        proven = self._proven(pending)
        if pending is not None and proven is not None and "current_password" not in request.form:
            return self._renew(pending, proven)
        form = read_form(ChangeForm)
        if isinstance(form, FormProblems):
            return self._change_page(login=form.kept["login"], problems=form.listed(), status=422)
        before = self._login.active_session()
        changed = self._changes.change(
            self._login.attempt(form.login),
            current=form.current_password,
            new=form.new_password,
            agent=request.user_agent.string,
        )
        match changed:
            case Changed() if pending is not None:
                return self._login.signed_in(pending, _proof(changed, datetime.now(UTC)), before=before)
            case Changed():
                return self._changed(changed)
            case RetryAfter():
                return _waiting(self._change_page(login=form.login, wait=changed, status=429), changed)
            case PolicyFaults():
                return self._change_page(login=form.login, problems=_of_new_password(changed), status=422)
        return self._change_page(login=form.login, problems=(("current_password", "current-password"),), status=422)

    def _renew(self, pending: str, proven: ActiveSession) -> AnyResponse:
        """The new password alone: the one that must be replaced was typed to log in, and that is still fresh."""
        form = read_form(RenewForm)
        if isinstance(form, FormProblems):
            return self._change_page(problems=form.listed(), status=422)
        renewed = self._changes.renew(
            proven.session.account_id,
            new=form.new_password,
            verified_since=proven.session.account_valid_from,
            address=request.remote_addr or "",
            agent=request.user_agent.string,
        )
        match renewed:
            case Changed():
                factor = proven.session.authentication.factor_of(PASSWORD.method)
                at = factor.at if factor else proven.session.authentication.at
                return self._login.signed_in(pending, _proof(renewed, at), before=proven)
            case PolicyFaults():
                return self._change_page(problems=_of_new_password(renewed), status=422)
        return self._change_page(problems=(("current_password", "current-password.missing"),), status=422)

    def _proven(self, pending: str | None) -> ActiveSession | None:
        """Whoever need not type the present password again: it must be changed, and was just typed in this login."""
        active_session = self._login.proven_in(pending, PASSWORD.method) if pending else None
        if active_session is None or not self._passwords.must_be_changed(active_session.snapshot, datetime.now(UTC)):
            return None
        return active_session

    def _changed_page(self) -> AnyResponse:
        return render(PasswordChangedPage()) if self._has_just_done(_CHANGED) else redirect("/", 303)

    def _change_page(
        self, *, login: str = "", problems: Problems = (), wait: RetryAfter | None = None, status: int = 200
    ) -> Response:
        active_session, pending = self._login.active_session(), _pending()
        snapshot = active_session.snapshot if active_session else None
        expires_at = self._passwords.expires_at(snapshot) if snapshot else None
        is_expired = expires_at is not None and expires_at <= datetime.now(UTC)
        page = ChangePasswordPage(
            reason="must-change" if snapshot and snapshot.must_change else "expired" if is_expired else "asked",
            application=self._login.application_of(pending) if pending else None,
            pending=pending,
            login=login or (snapshot.login if snapshot else ""),
            expired_on=expires_at.astimezone(self._time_zone).date() if expires_at and is_expired else None,
            rules=self._passwords.policy.rules(),
            problems=problems,
            wait_seconds=wait.seconds if wait else None,
            is_proven=wait is None and self._proven(pending) is not None and not _concerns_current(problems),
        )
        return render(page, status)

    # --- it is forgotten ---------------------------------------------------------------

    def _forgotten_page(self, *, login: str = "", problems: Problems = (), wait: RetryAfter | None = None) -> Response:
        wait_seconds = wait.seconds if wait else None
        page = ForgottenPasswordPage(login=login, problems=problems, wait_seconds=wait_seconds, back_url=_way_back())
        return render(page, 429 if wait else 422 if problems else 200)

    def _forgotten(self) -> AnyResponse:
        form = read_form(ForgottenForm)
        if isinstance(form, FormProblems):
            return self._forgotten_page(login=form.kept["login"], problems=form.listed())
        wait = self._links.send(form.login, self._login.visit())
        if wait:
            return _waiting(self._forgotten_page(login=form.login, wait=wait), wait)
        return self._done(self._sent().path, _SENT)

    def _sent_page(self) -> AnyResponse:
        if not self._has_just_done(_SENT):
            return redirect(ForgottenPasswordPage(back_url=_way_back()).path, 303)
        return render(self._sent())

    def _sent(self) -> ForgottenSentPage:
        return ForgottenSentPage(link_minutes=self._link_minutes, back_url=_way_back())

    # --- choosing it, by a mailed link -------------------------------------------------

    def _choose_page(self, token: str, *, problems: Problems = ()) -> Response:
        snapshot = self._links.open(token)
        if snapshot is None:
            return render(LinkSpentPage(), 410)
        rules = self._passwords.policy.rules()
        page = ChoosePasswordPage(token=token, login=snapshot.login, rules=rules, problems=problems)
        return render(page, 422 if problems else 200)

    def _choose(self, token: str) -> AnyResponse:
        form = read_form(ChooseForm)
        if isinstance(form, FormProblems):
            return self._choose_page(token, problems=form.listed())
        address, agent = request.remote_addr or "", request.user_agent.string
        match self._links.use(token, form.new_password, address=address, agent=agent):
            case PolicyFaults() as refused:
                return self._choose_page(token, problems=_of_new_password(refused))
            case LinkSpent():
                return render(LinkSpentPage(), 410)
            case Changed() as changed:
                return self._changed(changed)

    # --- what was done -----------------------------------------------------------------

    def _changed(self, changed: Changed) -> AnyResponse:
        """Whoever has just chosen the password is known by this browser from now on."""
        return self._login.with_device_cookie(
            self._done(PasswordChangedPage().path, _CHANGED),
            login=changed.login,
            account_id=changed.account_id,
            valid_from=changed.valid_from,
        )

    def _done(self, path: str, what: str) -> AnyResponse:
        """To the page that tells it (RFC 9110 section 15.4.4), which this browser alone is shown."""
        response = redirect(path, 303)
        self._web.cookies.set(response, _DONE_COOKIE, what, lifetime=_DONE_FOR)
        return response

    def _has_just_done(self, what: str) -> bool:
        return self._web.cookies.read(_DONE_COOKIE) == what


def _proof(changed: Changed, at: datetime) -> Proof:
    """That the person proved the previous password at that instant, and has changed it since."""
    return Proof(
        account_id=changed.account_id,
        login=changed.login,
        factor=PASSWORD.achieved(at),
        account_valid_from=changed.valid_from,
    )


def _concerns_current(problems: Problems) -> bool:
    """Whether the present password is to be typed (again)."""
    return any(name == "current_password" for name, _ in problems)


def _of_new_password(refused: PolicyFaults) -> Problems:
    return tuple(("new_password", fault.value) for fault in refused.faults)


def _pending() -> str | None:
    pending = request.values.get("pending", "")
    return pending if _PENDING.fullmatch(pending) else None


def _way_back() -> str | None:
    pending = _pending()
    return path_of(quote(pending, safe=":")) if pending else None


def _waiting(response: Response, wait: RetryAfter) -> Response:
    response.headers["Retry-After"] = str(wait.seconds)
    return response
