"""The login pages: read where a login stands, ask the dispatcher, show what is missing.

GET  /login/<pending>             the page that what is missing asks for, or the answer
POST /login/<pending>/password    the password method
POST /login/<pending>/confirm     this is me / this is not me
POST /login/<pending>/prolong     the whole time again
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from config.database import DatabaseUnavailable
from config.store import StoreUnavailable
from config.throttle import Attempt, Visit, Wait
from config.web.ahead import spends_nothing_ahead
from config.web.forms import FormProblems, Problems, form_field, read_form
from config.web.pages import Page, render
from config.web.shell import WebShell
from idp.accounts.devices import DEVICE_COOKIE, KEPT_FOR, Devices
from idp.accounts.password_policies import CEILING
from idp.accounts.passwords import Changed
from idp.login.dispatch import Dispatch, Visitor
from idp.login.leaving import leave_after_form, with_form_action
from idp.login.methods.password import LoggedIn, PasswordLogin
from idp.login.on_page import on_page
from idp.login.pages import (
    ApplicationOnPage,
    AssuranceRefusedPage,
    EntryRefusedPage,
    RecognisedPage,
    SignOnPage,
    StartAgainPage,
)
from idp.login.pending import PendingLogin, PendingLogins, application_named_in
from idp.login.request import LoginProtocol, LoginRequest, SignIn
from idp.login.requirements import Missing
from idp.sessions.ending import EndedBy
from idp.sessions.logout import SingleLogout
from idp.sessions.session import Opened, Sessions
from relying_parties.registry import Registry

SESSION_COOKIE = "session"
_ASKED_AGAIN = {Missing.RECENT: "login.recent", Missing.SAME_PERSON: "login.same-person"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordForm:
    login: str = form_field(longest=254, said_as="login")
    password: str = form_field(longest=CEILING, secret=True, said_as="own-password")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmForm:
    choice: str = form_field(longest=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A pending login as this browser may go on with it."""

    pending: PendingLogin
    protocol: LoginProtocol
    request: LoginRequest
    opened: Opened | None


def visitor() -> Visitor:
    """Whoever sent the present request."""
    environ = request.environ
    return Visitor(address=environ.get("REMOTE_ADDR", ""), agent=environ.get("HTTP_USER_AGENT", "")[:400])


def redirect_to_login(pendings: PendingLogins, asked: LoginRequest) -> AnyResponse:
    """Begin a login for `asked`, and go to its own address."""
    begun = pendings.begin(asked, address=visitor().address)
    if isinstance(begun, Wait):
        raise TooManyRequests(retry_after=begun.seconds)
    return redirect(f"/login/{begun}", 303)


def _back_to_login(pending: str) -> AnyResponse:
    """Enter in the address bar after a refused form: a GET of what is only posted."""
    return redirect(f"/login/{quote(pending, safe=':')}", 303)


class LoginPages:
    """The login views and what they need."""

    def __init__(
        self,
        *,
        web: WebShell,
        protocols: Mapping[str, LoginProtocol],
        pendings: PendingLogins,
        dispatch: Dispatch,
        sessions: Sessions,
        registry: Registry,
        password: PasswordLogin,
        devices: Devices,
        logout: SingleLogout,
        card_announced: bool,
    ) -> None:
        self._web = web
        self._card_announced = card_announced
        self._protocols = protocols
        self._pendings = pendings
        self._dispatch = dispatch
        self._sessions = sessions
        self._registry = registry
        self._password = password
        self._devices = devices
        self._logout = logout

    def blueprint(self) -> Blueprint:
        login = Blueprint("login", __name__, url_prefix="/login")

        @login.get("/<pending>")
        def next_step(pending: str) -> AnyResponse:
            return self._with_step(pending, self._next)

        @login.post("/<pending>/password")
        def by_password(pending: str) -> AnyResponse:
            return self._with_step(pending, self._by_password)

        @login.post("/<pending>/confirm")
        def confirm(pending: str) -> AnyResponse:
            return self._with_step(pending, self._confirm)

        @login.post("/<pending>/prolong")
        def prolong(pending: str) -> AnyResponse:
            return self._with_step(pending, self._prolong)

        for action in ("password", "confirm", "prolong"):
            login.get(f"/<pending>/{action}", endpoint=f"back_from_{action}")(_back_to_login)
        return spends_nothing_ahead(login)

    def opened(self) -> Opened | None:
        """The session of the browser that sent the present request."""
        return self._sessions.find(self._web.cookies.read(SESSION_COOKIE))

    def signed_in(self, identifier: str | None, changed: Changed) -> AnyResponse:
        """Go on after a password was changed by someone who has just proved the previous one."""
        opened = self.opened()
        application = self._registry.by_identifier(application_named_in(identifier)) if identifier else None
        logged_in = self._password.open(
            changed.account_id,
            changed.login,
            at=datetime.now(UTC),
            account_valid_from=changed.valid_from,
            application=application.identifier if application else None,
            replacing=opened.session if opened else None,
            visitor=visitor(),
        )
        return self._with_session(redirect(f"/login/{identifier}" if identifier else "/account", 303), logged_in)

    def attempt(self, login: str) -> Attempt:
        """A password about to be tried on `login` by the browser that sent the present request."""
        return Attempt(
            login=login,
            address=visitor().address,
            client=self._web.forms.browser(),
            device=self._devices.recognised(self._web.cookies.read(DEVICE_COOKIE), login),
        )

    def visit(self) -> Visit:
        """Who sent the present request, for limits that concern no account."""
        device = self._devices.identifier(self._web.cookies.read(DEVICE_COOKIE))
        return Visit(address=visitor().address, client=self._web.forms.browser(), device=device)

    def recognising(self, response: AnyResponse, *, login: str, account_id: str, valid_from: datetime) -> AnyResponse:
        """The response to someone who has just proved that the account is theirs: this browser is known from now on."""
        cookie = self._devices.remember(
            self._web.cookies.read(DEVICE_COOKIE), login=login, account_id=account_id, valid_from=valid_from
        )
        self._web.cookies.set(response, DEVICE_COOKIE, cookie, lifetime=KEPT_FOR)
        return response

    def application_of(self, identifier: str) -> ApplicationOnPage | None:
        """The application a pending login is for, for pages met on the way."""
        application = self._registry.by_identifier(application_named_in(identifier))
        return on_page(application, self._web.language()) if application else None

    # --- where a login stands ----------------------------------------------------------

    def _step(self, identifier: str) -> Step | Response:
        """The pending login, if this browser may go on with it; otherwise the page that leads back."""
        pending = self._pendings.find(identifier)
        if pending is None:
            return self._start_again(identifier, "expired")
        if pending.answered:
            return self._start_again(identifier, "used")
        if not pending.browser:
            # another tab of this browser, or a page fetched ahead, may have been faster
            self._pendings.claim(pending, self._web.forms.browser())
            pending = self._pendings.find(identifier)
        if pending is None or not pending.belongs_to(self._web.forms.browser()):
            return self._start_again(identifier, "other-browser")
        protocol = self._protocols[pending.protocol]
        read = protocol.read_again(pending.message, pending.began_at)
        if read is None:
            return self._start_again(identifier, "expired")
        return Step(pending=pending, protocol=protocol, request=read, opened=self.opened())

    def _with_step(self, identifier: str, go_on: Callable[[Step], AnyResponse]) -> AnyResponse:
        step = self._step(identifier)
        return go_on(step) if isinstance(step, Step) else step

    def _start_again(self, identifier: str, reason: str) -> Response:
        return render(StartAgainPage(reason=reason, application=self.application_of(identifier)), 410)

    # --- what comes next ---------------------------------------------------------------

    def _next(self, step: Step) -> AnyResponse:
        found = self._dispatch.look(
            step.request, step.opened, recognised=step.pending.recognised, now=datetime.now(UTC)
        )
        if isinstance(found, SignIn):
            return self._answer(step, found)
        return self._refuse(step, found) if step.request.passive else self._page(step, found)

    def _answer(self, step: Step, sign_in: SignIn) -> AnyResponse:
        """The answer, once."""
        if not self._pendings.answer(step.pending):
            return self._start_again(step.pending.identifier, "used")
        try:
            departure = self._dispatch.answer(step.protocol, step.request, sign_in, visitor())
        except (StoreUnavailable, DatabaseUnavailable):
            with suppress(StoreUnavailable):
                self._pendings.give_back(step.pending)
            raise
        if departure is None:
            return self._start_again(step.pending.identifier, "expired")
        return leave_after_form(departure, step.request, self._web)

    def _refuse(self, step: Step, missing: Missing) -> AnyResponse:
        """Whoever asked for no page is told at once: a POST came without our cookies, which are here now."""
        if not self._pendings.answer(step.pending):
            return self._start_again(step.pending.identifier, "used")
        refused = step.protocol.refuse(step.request, missing.refusal)
        return leave_after_form(refused, step.request, self._web, successful=False)

    def _page(self, step: Step, missing: Missing) -> AnyResponse:
        """The page that `missing` asks for."""
        application, identifier = self._application(step), step.pending.identifier
        match missing:
            case Missing.CURRENT_PASSWORD:
                return redirect(f"/password/change?pending={identifier}", 303)
            case Missing.RECOGNITION if application and step.opened:
                page = RecognisedPage(
                    display_name=step.opened.standing.display_name, application=application, pending=identifier
                )
                return self._show(step, page)
            case Missing.ENTRY if application and step.opened:
                back = step.protocol.refuse(step.request, missing.refusal)
                refused = EntryRefusedPage(
                    application=application, display_name=step.opened.standing.display_name, back=back
                )
                return with_form_action(self._show(step, refused, 403), back)
            case Missing.REACHABLE_ASSURANCE if application:
                back = step.protocol.refuse(step.request, missing.refusal)
                unreachable = AssuranceRefusedPage(
                    application=application, needed=step.request.required_assurance, back=back
                )
                return with_form_action(self._show(step, unreachable, 403), back)
        return self._sign_on(step, missing=missing)

    def _sign_on(
        self,
        step: Step,
        *,
        missing: Missing | None = None,
        login: str = "",
        problems: Problems = (),
        wait: Wait | None = None,
        status: int = 200,
    ) -> Response:
        page = SignOnPage(
            application=self._application(step),
            pending=step.pending.identifier,
            login_hint=login or step.request.login_hint[:254],
            reason=_ASKED_AGAIN.get(missing) if missing else None,
            problems=problems,
            wait_seconds=wait.seconds if wait else None,
            card_announced=self._card_announced,
            expires_in=int(self._pendings.lifetime.total_seconds() // 60),
        )
        return self._show(step, page, status)

    def _application(self, step: Step) -> ApplicationOnPage | None:
        application = step.request.application
        return on_page(application, self._language(step)) if application else None

    def _language(self, step: Step) -> str:
        return self._web.language(" ".join(step.request.languages))

    def _show(self, step: Step, page: Page, status: int = 200) -> Response:
        return render(page, status, " ".join(step.request.languages))

    # --- what the person does ----------------------------------------------------------

    def _by_password(self, step: Step) -> AnyResponse:
        form = read_form(PasswordForm)
        if isinstance(form, FormProblems):
            return self._sign_on(step, login=form.kept["login"], problems=form.listed(), status=422)
        attempted = self._password.attempt(
            self.attempt(form.login),
            form.password,
            application=application_named_in(step.pending.identifier),
            replacing=step.opened.session if step.opened else None,
            visitor=visitor(),
        )
        match attempted:
            case LoggedIn():
                return self._with_session(redirect(f"/login/{step.pending.identifier}", 303), attempted)
            case Wait():
                response = self._sign_on(step, login=form.login, wait=attempted, status=429)
                response.headers["Retry-After"] = str(attempted.seconds)
                return response
        return self._sign_on(step, login=form.login, problems=(("password", "login.refused"),), status=422)

    def _confirm(self, step: Step) -> AnyResponse:
        """'This is not me' ends the session: the next person starts from the sign-on page."""
        form = read_form(ConfirmForm)
        response = redirect(f"/login/{step.pending.identifier}", 303)
        if not isinstance(form, FormProblems) and form.choice == "continue":
            self._pendings.recognise(step.pending)
        elif step.opened:
            self._logout.begin(
                [step.opened.session],
                by=EndedBy.NOT_THIS_PERSON,
                visitor=visitor(),
                login=step.opened.standing.login,
                has_browser=False,
            )
            self._web.cookies.forget(response, SESSION_COOKIE)
        return response

    def _prolong(self, step: Step) -> AnyResponse:
        self._pendings.prolong(step.pending)
        return redirect(f"/login/{step.pending.identifier}", 303)

    def _with_session(self, response: AnyResponse, logged_in: LoggedIn) -> AnyResponse:
        """With the new cookie. One of a session that had lapsed is lost by it, and what that had opened is not."""
        lapsed = self._sessions.over(self._web.cookies.read(SESSION_COOKIE))
        if lapsed is not None and lapsed.sid != logged_in.session.sid:
            if lapsed.account_id == logged_in.session.account_id:
                self._sessions.carry(lapsed, logged_in.session)
            else:
                self._logout.begin([lapsed], by=EndedBy.ANOTHER_PERSON, visitor=visitor(), has_browser=False)
        self._web.cookies.set(response, SESSION_COOKIE, logged_in.cookie)
        return self.recognising(
            response,
            login=logged_in.login,
            account_id=logged_in.session.account_id,
            valid_from=logged_in.session.account_valid_from,
        )
