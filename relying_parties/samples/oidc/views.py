"""The views of login and logout with OpenID Connect."""

import hmac
from collections.abc import Sequence
from typing import Any

from flask import Flask, redirect, render_template, request, session

from relying_parties.samples.configuration import OidcConfiguration
from relying_parties.samples.oidc.provider import IdentityProvider
from relying_parties.samples.problems import SignInError, UnknownReturn, Untrusted
from relying_parties.samples.sessions import Sessions, start_afresh

SEE_OTHER = 303
BACKCHANNEL_LOGOUT = "/backchannel-logout"


def serve_oidc(app: Flask, configuration: OidcConfiguration, sessions: Sessions) -> Sequence[str]:
    """Add the views; return the paths that the identity provider calls."""
    provider = IdentityProvider(app, configuration)
    _serve_login(app, configuration, provider)
    _serve_logout(app, provider)
    _serve_backchannel_logout(app, provider, sessions)
    return (BACKCHANNEL_LOGOUT,)


def _serve_login(app: Flask, configuration: OidcConfiguration, provider: IdentityProvider) -> None:
    @app.get("/login")
    def login() -> Any:
        """Another site may begin a login here too: OpenID Connect Core 1.0, section 4."""
        if request.args.get("iss", configuration.issuer) != configuration.issuer:
            raise Untrusted("La connexion demandée désigne un autre fournisseur d’identité (iss).")
        return provider.begin(login_hint=request.args.get("login_hint"))

    @app.get("/callback")
    def callback() -> Any:
        state = request.args.get("state", "")
        try:
            identity = provider.finish()
        except UnknownReturn:
            if "identity" in session:  # the page was loaded twice: the first request logged the person in
                return redirect("/me", SEE_OTHER)
            if state and state == session.get("finished"):  # the same, but the browser dropped the first response
                return redirect("/login", SEE_OTHER)
            raise
        session.clear()
        session["finished"] = state
        start_afresh(identity=identity)
        return redirect("/me", SEE_OTHER)


def _serve_logout(app: Flask, provider: IdentityProvider) -> None:
    @app.post("/logout")
    def logout() -> Any:
        """End our own session first, so that it has ended even if the identity provider is unreachable."""
        identity = session.get("identity")
        session.clear()
        if identity is None:
            return redirect("/", SEE_OTHER)
        address, state = provider.logout_address(identity.id_token)
        start_afresh(logging_out=state)
        return redirect(address, SEE_OTHER)

    @app.get("/signed-out")
    def signed_out() -> str:
        begun_here = hmac.compare_digest(
            request.args.get("state", "").encode(), session.get("logging_out", "-").encode()
        )
        session.clear()
        return render_template("signed_out.html", everywhere=begun_here)


def _serve_backchannel_logout(app: Flask, provider: IdentityProvider, sessions: Sessions) -> None:
    @app.post(BACKCHANNEL_LOGOUT)
    def backchannel_logout() -> Any:
        """OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8."""
        try:
            logout = provider.read_logout_token(request.form.get("logout_token", ""))
        except SignInError as refused:
            app.logger.warning("logout token refused: %s", refused)
            return {"error": "invalid_request", "error_description": str(refused)}, refused.explanation.status
        ended = sessions.end(logout.concerns)
        app.logger.info("the identity provider ended %d sessions", ended)
        return "", 200
