"""The addresses of signing in: `/sign-in` and its callback, `/sign-out`, and back-channel logout."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

from flask import Blueprint, Response, g, jsonify, redirect, request
from werkzeug.exceptions import ServiceUnavailable, TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.redis.rate_limits import Throttle, Visit
from config.web.addresses import local_path
from config.web.csrf import accepts_cross_site_posts
from config.web.pages import FaultPage, render
from config.web.prefetch import ignore_prefetch
from config.web.request_id import current_request_id
from config.web.web_app import WebShell
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.sign_in.metadata import ProviderUnavailable
from enrollment.sign_in.pages import SignedOutPage, SignOutPage
from enrollment.sign_in.person import SignedInPerson
from enrollment.sign_in.provider import IdentityProvider, SignInRefused
from enrollment.sign_in.sessions import SignedInSession, SignIns

SESSION: Final = "session"  # the purpose of the cookie
SIGN_INS_AT_ONCE, SIGN_IN_EVERY = 60, 1.0  # of one address; a hospital is one
LONGEST_CODE: Final = 512

View = TypeVar("View", bound=Callable[..., Any])

logger = logging.getLogger(__name__)


class SignInPages:
    """The pages, and the session of the current request for all other pages."""

    def __init__(
        self, *, web: WebShell, provider: IdentityProvider, sign_ins: SignIns, audit: Audit, throttle: Throttle
    ) -> None:
        self._web = web
        self._provider = provider
        self._sign_ins = sign_ins
        self._audit = audit
        self._throttle = throttle

    def current(self) -> SignedInSession | None:
        """The session of the current request, read once."""
        if "signed_in" not in g:
            g.signed_in = self._sign_ins.find(self._web.cookies.read(SESSION))
        found: SignedInSession | None = g.signed_in
        return found

    def required(self, view: View) -> View:
        """Only a person who is signed in sees this view, which takes the session first; others sign in, and return."""

        @wraps(view)
        def signed_in(*arguments: Any, **named: Any) -> Any:
            session = self.current()
            return self.sign_in_first() if session is None else view(session, *arguments, **named)

        return signed_in  # type: ignore[return-value]

    def sign_in_first(self) -> AnyResponse:
        """Leads to the sign-in, and back to this page; after a form, to the page of the form."""
        here = local_path(request.full_path.rstrip("?")) if request.method == "GET" else request.form.get("here")
        return self._begin(local_path(here) or "/")

    def blueprint(self) -> Blueprint:
        pages = ignore_prefetch(Blueprint("sign_in", __name__))
        pages.get("/sign-in")(self._sign_in)
        pages.get("/sign-in/callback")(self._callback)
        pages.get("/sign-out")(self._sign_out)
        pages.post("/sign-out")(self._sign_out)
        pages.get("/signed-out")(self._signed_out)
        pages.post("/backchannel-logout")(accepts_cross_site_posts(self._backchannel_logout))
        return pages

    def _sign_in(self) -> AnyResponse:
        return self._begin(local_path(request.args.get("then")) or "/")

    def _begin(self, then: str) -> AnyResponse:
        browser = self._web.forms.browser()
        visit = Visit(address=request.remote_addr or "", client=browser)
        wait = self._throttle.admit("sign-in", visit, at_once=SIGN_INS_AT_ONCE, every=SIGN_IN_EVERY)
        if wait is not None:
            raise TooManyRequests(retry_after=wait.seconds)
        pending = self._sign_ins.begin(then, browser=browser)
        try:
            address = self._provider.authorization_url(
                state=pending.state, nonce=pending.nonce, verifier=pending.verifier, language=self._web.language()
            )
        except ProviderUnavailable as away:
            raise _unavailable(away) from away
        return redirect(address, 303)

    def _callback(self) -> AnyResponse:
        """The answer of the identity provider (OpenID Connect Core 1.0, section 3.1.2.5)."""
        pending = self._sign_ins.take(request.args.get("state", ""), browser=self._web.forms.browser_cookie())
        if pending is None:
            return _refused("sign-in.unknown", "no sign-in of this browser has this state")
        try:
            self._provider.check_sender(request.args.get("iss"))
            if (error := request.args.get("error")) is not None:
                return _refused("sign-in.refused", f"the identity provider answered {error[:60]!a}")
            sign_in = self._provider.redeem(_code(), verifier=pending.verifier, nonce=pending.nonce)
        except SignInRefused as refused:
            return _refused("sign-in.failed", str(refused))
        except ProviderUnavailable as away:
            raise _unavailable(away) from away
        if (former := self.current()) is not None:
            self._sign_ins.end(former)
        secret = self._sign_ins.open(sign_in)
        if secret is None:
            return _refused("sign-in.failed", "the session of the identity provider has ended meanwhile")
        self._record(EnrollmentAuditKind.OPERATOR_SIGNED_IN, sign_in.person)
        response = redirect(pending.then, 303)
        self._web.cookies.set(response, SESSION, secret)
        return response

    def _sign_out(self) -> AnyResponse:
        """RP-Initiated Logout 1.0, section 2. Another site that leads here is not obeyed: the page asks."""
        session = self.current()
        if session is None:
            return redirect("/signed-out", 303)
        try:
            address = self._provider.logout_url(session.id_token, language=self._web.language())
        except ProviderUnavailable:
            address = "/signed-out"
        if request.method == "GET" and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return render(SignOutPage(name=session.person.name))
        self._sign_ins.end(session)
        self._record(EnrollmentAuditKind.OPERATOR_SIGNED_OUT, session.person)
        if request.method == "POST":  # the redirections after a form may not leave this site
            response: AnyResponse = render(SignedOutPage(sign_in_url="/sign-in", go_on=address))
        else:
            response = redirect(address, 303)
        self._web.cookies.delete(response, SESSION)
        return response

    def _signed_out(self) -> Response:
        return render(SignedOutPage(sign_in_url="/sign-in"))

    def _backchannel_logout(self) -> Response:
        """Back-Channel Logout 1.0, sections 2.5 and 2.8."""
        try:
            notice = self._provider.read_logout_token(request.form.get("logout_token", ""))
        except SignInRefused as refused:
            logger.warning("a logout token was refused: %s", refused)
            return _not_cached(jsonify(error="invalid_request", error_description=str(refused)), 400)
        except ProviderUnavailable as away:
            logger.warning("a logout token could not be verified: %s", away)
            return _not_cached(jsonify(error="temporarily_unavailable"), 503)
        self._sign_ins.end_named(notice)
        return _not_cached(Response(), 200)

    def _record(self, kind: EnrollmentAuditKind, person: SignedInPerson) -> None:
        """Write what an operator has done. The trail does not name the people who ask for access."""
        if not person.roles:
            return
        self._audit.record_durably(
            AuditEntry(
                kind=kind,
                actor=Actor.operator(person.username),
                login=person.username,
                address=request.remote_addr,
                agent=request.user_agent.string or None,
            )
        )


def _code() -> str:
    code = request.args.get("code", "")
    if not code or len(code) > LONGEST_CODE or not code.isascii():
        raise SignInRefused("the answer has no code")
    return code


def _refused(code: str, reason: str) -> Response:
    logger.warning("a sign-in was refused: %s", reason)
    page = FaultPage(status=400, code=code, reference=current_request_id(), back_url="/sign-in")
    return render(page, status=400)


def _unavailable(away: ProviderUnavailable) -> ServiceUnavailable:
    logger.warning("the identity provider is unavailable: %s", away)
    return ServiceUnavailable(retry_after=30)


def _not_cached(response: Response, status: int) -> Response:
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
