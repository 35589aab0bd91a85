"""The login and logout of an application that speaks SAML.

The answer to a login arrives as a POST from another site, which brings no
cookie of ours (SameSite=Lax): it is verified and put aside, and the browser,
redirected to `/saml/arrived`, shows there by its cookie that it is the one
that asked. Otherwise any site could log someone in as somebody else.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, redirect, render_template, request, session

from relying_parties.samples.configuration import SamlConfiguration
from relying_parties.samples.kept_once import KeptOnce
from relying_parties.samples.problems import SignInError
from relying_parties.samples.saml.identity import AssertedIdentity
from relying_parties.samples.saml.keys import KeyPair, key_pair_in
from relying_parties.samples.saml.problems import LEAVING, UnknownAnswer
from relying_parties.samples.saml.provider import IdentityProvider
from relying_parties.samples.saml.service_provider import ANSWERS, LOGOUT, METADATA, metadata_of
from relying_parties.samples.sessions import Sessions, start_afresh

SEE_OTHER = 303
ARRIVING_SECONDS = 60
MOST_TABS = 8


def serve_saml(app: Flask, configuration: SamlConfiguration, sessions: Sessions) -> Sequence[str]:
    """Add the views; the paths at which others than our own pages speak to us."""
    keys = key_pair_in(configuration.key_folder)
    provider = IdentityProvider(configuration, keys)
    app.extensions["identity_provider"] = provider
    _serve_metadata(app, configuration, keys)
    _serve_login(app, provider)
    _serve_logout(app, provider, sessions)
    _end_sessions_in_time(app)
    return (ANSWERS, METADATA)


def _serve_metadata(app: Flask, configuration: SamlConfiguration, keys: KeyPair) -> None:
    @app.get(METADATA)
    def metadata() -> Response:
        return Response(metadata_of(configuration, keys), mimetype="application/samlmetadata+xml")


def _serve_login(app: Flask, provider: IdentityProvider) -> None:
    arriving: KeptOnce[tuple[AssertedIdentity, str]] = KeptOnce()

    @app.get("/login")
    def login() -> Any:
        asked = provider.begin()
        session["asked"] = [asked.request_id, *session.get("asked", [])][:MOST_TABS]
        return redirect(asked.address, SEE_OTHER)

    @app.post(ANSWERS)
    def answered() -> Any:
        arrival = provider.finish(request.form.get("SAMLResponse", ""), request.form.get("RelayState", ""))
        ticket = secrets.token_urlsafe(24)
        arriving.add(ticket, arrival, seconds=ARRIVING_SECONDS)
        return redirect(f"/saml/arrived?ticket={ticket}", SEE_OTHER)

    @app.get("/saml/arrived")
    def arrived() -> Any:
        arrival = arriving.take(request.args.get("ticket", ""))
        if arrival is None and "identity" in session:  # loaded twice: the first did the work
            return redirect("/me", SEE_OTHER)
        if arrival is None or arrival[1] not in session.get("asked", []):
            raise UnknownAnswer
        session.clear()
        start_afresh(identity=arrival[0])
        return redirect("/me", SEE_OTHER)


def _serve_logout(app: Flask, provider: IdentityProvider, sessions: Sessions) -> None:
    @app.post("/logout")
    def logout() -> Any:
        """Our own session first: it has ended even if the identity provider is away."""
        identity = session.get("identity")
        session.clear()
        if identity is None:
            return redirect("/", SEE_OTHER)
        asked = provider.leave(identity)
        if asked is None:
            return redirect("/signed-out", SEE_OTHER)
        start_afresh(logging_out=asked)
        return redirect(asked.address, SEE_OTHER)

    @app.get(LOGOUT)
    def leaving_or_left() -> Any:
        """Profiles 4.4.3: the identity provider asks that a session end, or answers that it has."""
        if "SAMLRequest" in request.args:
            leaving = provider.read_leaving(request)
            ended = sessions.end(leaving.names)
            app.logger.info("logged out by the identity provider: %d sessions", ended)
            return redirect(leaving.answer_address, SEE_OTHER)
        asked = session.pop("logging_out", None)
        if asked is None:
            raise UnknownAnswer(heading=LEAVING)
        left = provider.read_left(request, asked)
        start_afresh(left=left)
        return redirect("/signed-out", SEE_OTHER)

    @app.get("/signed-out")
    def signed_out() -> str:
        left = session.get("left")
        session.clear()
        return render_template(
            "signed_out.html", everywhere=left is not None and left.everywhere, partly=left is not None
        )


def _end_sessions_in_time(app: Flask) -> None:
    @app.before_request
    def end_session_in_time() -> None:
        """Core 2.7.2, SessionNotOnOrAfter: the identity provider has said how long at most."""
        if "identity" in session and session["identity"].is_over(datetime.now(UTC)):
            session.clear()


def get_ready(app: Flask) -> None:
    """Ask for the identity provider's metadata as we start; a provider that is not there yet is asked again later."""
    provider: IdentityProvider = app.extensions["identity_provider"]
    try:
        provider.get_ready()
    except SignInError as not_yet:
        app.logger.info("the identity provider is not there yet: %s", not_yet)
