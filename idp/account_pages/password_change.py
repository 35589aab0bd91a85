"""The pages of a password change.

    GET, POST /password/change    with the current password, in a pending login or not; a person who has just logged
                                  in with an expired password types only the new one
    GET       /password/changed   the confirmation of a change or of a choice by a link

`?pending=` names a pending login, which continues after the change.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import RetryAfter
from config.web.forms import FormProblems, Problems, form_field, read_form
from config.web.pages import render
from config.web.web_app import WebShell
from idp.account_pages.password_pages import PasswordChangedPage
from idp.account_pages.password_shared import (
    CHANGED,
    DonePages,
    PendingLoginPages,
    new_password_problems,
    password_changed,
    pending_parameter,
    with_retry_after,
)
from idp.accounts.passwords.changes import PasswordChanges
from idp.accounts.passwords.links import LONGEST_SOUGHT
from idp.accounts.passwords.passwords import Changed, Passwords, PolicyFaults
from idp.accounts.passwords.policies import CEILING
from idp.login.methods.base import Proof
from idp.login.methods.password import PASSWORD
from idp.login.pages import ChangePasswordPage
from idp.sessions.session import ActiveSession


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeForm:
    login: str = form_field(longest=LONGEST_SOUGHT, error_prefix="login")
    current_password: str = form_field(longest=CEILING, secret=True, error_prefix="current-password")
    new_password: str = form_field(longest=CEILING, secret=True, error_prefix="password")


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewForm:
    new_password: str = form_field(longest=CEILING, secret=True, error_prefix="password")


class PasswordChangePages:
    """The views of a password change."""

    def __init__(
        self,
        *,
        web: WebShell,
        passwords: Passwords,
        changes: PasswordChanges,
        login: PendingLoginPages,
        time_zone: ZoneInfo,
    ) -> None:
        self._passwords = passwords
        self._changes = changes
        self._login = login
        self._done = DonePages(web.cookies)
        self._time_zone = time_zone

    def blueprint(self) -> Blueprint:
        pages = Blueprint("password_change", __name__, url_prefix="/password")
        pages.get("/change", endpoint="change_page")(self._change_page)
        pages.post("/change", endpoint="change")(self._change)
        pages.get("/changed", endpoint="changed")(self._changed_page)
        return pages

    def _change(self) -> AnyResponse:
        pending = pending_parameter()
        proven = self._proven_session(pending)
        if pending is not None and proven is not None and "current_password" not in request.form:
            return self._renew(pending, proven)
        form = read_form(ChangeForm)
        if isinstance(form, FormProblems):
            return self._change_page(login=form.kept["login"], problems=form.listed(), status=422)
        before = self._login.active_session()
        changed = self._changes.change(
            self._login.browser.attempt(form.login),
            current=form.current_password,
            new=form.new_password,
            agent=request.user_agent.string,
        )
        match changed:
            case Changed() if pending is not None:
                return self._login.signed_in(pending, _proof(changed, datetime.now(UTC)), before=before)
            case Changed():
                return password_changed(changed, self._done, self._login)
            case RetryAfter():
                return with_retry_after(self._change_page(login=form.login, wait=changed, status=429), changed)
            case PolicyFaults():
                return self._change_page(login=form.login, problems=new_password_problems(changed), status=422)
        return self._change_page(login=form.login, problems=(("current_password", "current-password"),), status=422)

    def _renew(self, pending: str, proven: ActiveSession) -> AnyResponse:
        """Change an expired password that the person has just typed in this login: only the new one is needed."""
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
                return self._change_page(problems=new_password_problems(renewed), status=422)
        return self._change_page(problems=(("current_password", "current-password.missing"),), status=422)

    def _proven_session(self, pending: str | None) -> ActiveSession | None:
        """The session of a person who has just typed a password that must be changed, in this pending login."""
        session = self._login.proven_in(pending, PASSWORD.method) if pending else None
        if session is None or not self._passwords.must_be_changed(session.snapshot, datetime.now(UTC)):
            return None
        return session

    def _changed_page(self) -> AnyResponse:
        if not self._done.has_done(CHANGED):
            return redirect("/", 303)
        client_id = request.args.get("application", "")
        application = self._login.registered_application(client_id)
        return render(PasswordChangedPage(client_id=client_id if application else "", application=application))

    def _change_page(
        self, *, login: str = "", problems: Problems = (), wait: RetryAfter | None = None, status: int = 200
    ) -> Response:
        active_session, pending = self._login.active_session(), pending_parameter()
        snapshot = active_session.snapshot if active_session else None
        expires_at = self._passwords.expires_at(snapshot) if snapshot else None
        is_expired = expires_at is not None and expires_at <= datetime.now(UTC)
        page = ChangePasswordPage(
            reason="must-change" if snapshot and snapshot.must_change else "expired" if is_expired else "requested",
            application=self._login.application_of(pending) if pending else None,
            pending=pending,
            login=login or (snapshot.login if snapshot else ""),
            expired_on=expires_at.astimezone(self._time_zone).date() if expires_at and is_expired else None,
            rules=self._passwords.policy.rules(),
            problems=problems,
            wait_seconds=wait.seconds if wait else None,
            is_proven=wait is None and self._proven_session(pending) is not None and not _needs_current(problems),
        )
        return render(page, status)


def _proof(changed: Changed, at: datetime) -> Proof:
    """The authentication by the previous password at `at`, for the account as it is after the change."""
    return Proof(
        account_id=changed.account_id,
        login=changed.login,
        factor=PASSWORD.achieved(at),
        account_valid_from=changed.valid_from,
    )


def _needs_current(problems: Problems) -> bool:
    """Whether the person must type the current password (again)."""
    return any(name == "current_password" for name, _ in problems)
