"""The views of login and logout with SAML.

A Response arrives as a POST from another site, without our cookie (SameSite=Lax). It is verified and stored, and the
browser is redirected to `/saml/arrived`. There its cookie proves that this browser sent the request. Without this
check, any site could log a person in as somebody else.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, redirect, render_template, request, session

from relying_parties.samples.configuration import SamlConfiguration
from relying_parties.samples.one_time_store import OneTimeStore
from relying_parties.samples.problems import SignInError
from relying_parties.samples.saml.identity import AssertedIdentity
from relying_parties.samples.saml.keys import KeyPair, key_pair_in
from relying_parties.samples.saml.problems import LOGOUT_HEADING, UnknownAnswer
from relying_parties.samples.saml.provider import IdentityProvider
from relying_parties.samples.saml.service_provider import CONSUMER, LOGOUT, METADATA, metadata_of
from relying_parties.samples.sessions import Sessions, start_afresh

SEE_OTHER = 303
ARRIVAL_SECONDS = 60
MOST_TABS = 8


def serve_saml(app: Flask, configuration: SamlConfiguration, sessions: Sessions) -> Sequence[str]:
    """Add the views; return the paths that the identity provider calls."""
    keys = key_pair_in(configuration.key_folder)
    provider = IdentityProvider(configuration, keys)
    app.extensions["identity_provider"] = provider
    _serve_metadata(app, configuration, keys)
    _serve_login(app, provider)
    _serve_logout(app, provider, sessions)
    _end_sessions_in_time(app)
    return (CONSUMER, METADATA)


def _serve_metadata(app: Flask, configuration: SamlConfiguration, keys: KeyPair) -> None:
    @app.get(METADATA)
    def metadata() -> Response:
        return Response(metadata_of(configuration, keys), mimetype="application/samlmetadata+xml")


def _serve_login(app: Flask, provider: IdentityProvider) -> None:
    arrivals: OneTimeStore[tuple[AssertedIdentity, str]] = OneTimeStore()

    @app.get("/login")
    def login() -> Any:
        authn_request = provider.begin()
        session["request_ids"] = [authn_request.request_id, *session.get("request_ids", [])][:MOST_TABS]
        return redirect(authn_request.address, SEE_OTHER)

    @app.post(CONSUMER)
    def consume_response() -> Any:
        arrival = provider.finish(request.form.get("SAMLResponse", ""), request.form.get("RelayState", ""))
        ticket = secrets.token_urlsafe(24)
        arrivals.add(ticket, arrival, seconds=ARRIVAL_SECONDS)
        return redirect(f"/saml/arrived?ticket={ticket}", SEE_OTHER)

    @app.get("/saml/arrived")
    def arrived() -> Any:
        arrival = arrivals.take(request.args.get("ticket", ""))
        if arrival is None and "identity" in session:  # the page was loaded twice
            return redirect("/me", SEE_OTHER)
        if arrival is None or arrival[1] not in session.get("request_ids", []):
            raise UnknownAnswer
        session.clear()
        start_afresh(identity=arrival[0])
        return redirect("/me", SEE_OTHER)


def _serve_logout(app: Flask, provider: IdentityProvider, sessions: Sessions) -> None:
    @app.post("/logout")
    def logout() -> Any:
        """End our own session first, so that it has ended even if the identity provider is unreachable."""
        identity = session.get("identity")
        session.clear()
        if identity is None:
            return redirect("/", SEE_OTHER)
        sent = provider.begin_logout(identity)
        if sent is None:
            return redirect("/signed-out", SEE_OTHER)
        start_afresh(logout_request=sent)
        return redirect(sent.address, SEE_OTHER)

    @app.get(LOGOUT)
    def logout_message() -> Any:
        """Profiles 4.4.3: a LogoutRequest of the identity provider, or its LogoutResponse to ours."""
        if "SAMLRequest" in request.args:
            logout_request = provider.read_logout_request(request)
            ended = sessions.end(logout_request.concerns)
            app.logger.info("the identity provider ended %d sessions", ended)
            return redirect(logout_request.response_address, SEE_OTHER)
        sent = session.pop("logout_request", None)
        if sent is None:
            raise UnknownAnswer(heading=LOGOUT_HEADING)
        logout_response = provider.read_logout_response(request, sent)
        start_afresh(logout_response=logout_response)
        return redirect("/signed-out", SEE_OTHER)

    @app.get("/signed-out")
    def signed_out() -> str:
        logout_response = session.get("logout_response")
        session.clear()
        return render_template(
            "signed_out.html",
            everywhere=logout_response is not None and logout_response.everywhere,
            partly=logout_response is not None,
        )


def _end_sessions_in_time(app: Flask) -> None:
    @app.before_request
    def end_session_in_time() -> None:
        """Core 2.7.2, SessionNotOnOrAfter: the latest end of the session."""
        if "identity" in session and session["identity"].is_over(datetime.now(UTC)):
            session.clear()


def fetch_metadata(app: Flask) -> None:
    """Fetch the identity provider's metadata at the start. If that fails, the first login tries again."""
    provider: IdentityProvider = app.extensions["identity_provider"]
    try:
        provider.fetch_metadata()
    except SignInError as wrong:
        app.logger.info("the identity provider is not available yet: %s", wrong)
