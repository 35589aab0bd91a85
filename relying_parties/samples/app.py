"""The application: a front page, a login, the page it opens, a logout."""

import hmac
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, render_template, request, send_file, session

from relying_parties.samples.configuration import Configuration
from relying_parties.samples.problems import SignInError, UnknownReturn, Untrusted
from relying_parties.samples.provider import IdentityProvider
from relying_parties.samples.sessions import Sessions, start_afresh

SEE_OTHER = 303


def create_app(configuration: Configuration) -> Flask:
    """The application that `configuration` describes."""
    app = Flask(__name__, static_folder=None)
    app.session_interface = Sessions(configuration.cookie_name, secure=configuration.address.startswith("https:"))
    app.jinja_env.globals["application"] = configuration
    _protect_pages(app, configuration)
    _show_problems(app)
    _serve_look(app, configuration)
    _serve_login(app, configuration, IdentityProvider(app, configuration))
    return app


def _serve_login(app: Flask, configuration: Configuration, provider: IdentityProvider) -> None:
    @app.get("/")
    def front() -> str:
        return render_template("front.html", identity=session.get("identity"))

    @app.get("/login")
    def login() -> Any:
        """Also where another site may begin a login: OpenID Connect Core 1.0, section 4."""
        if request.args.get("iss", configuration.issuer) != configuration.issuer:
            raise Untrusted("La connexion demandée désigne un autre fournisseur d’identité (iss).")
        return provider.begin(login_hint=request.args.get("login_hint"))

    @app.get("/callback")
    def callback() -> Any:
        state = request.args.get("state", "")
        try:
            identity = provider.finish()
        except UnknownReturn:
            if "identity" in session:  # the return was loaded twice: the first did the work
                return redirect("/me", SEE_OTHER)
            if state and state == session.get("finished"):  # the same, by a browser that dropped the first answer
                return redirect("/login", SEE_OTHER)
            raise
        session.clear()
        session["finished"] = state
        start_afresh(identity=identity)
        return redirect("/me", SEE_OTHER)

    @app.get("/me")
    def me() -> Any:
        if "identity" not in session:
            return redirect("/login", SEE_OTHER)
        return render_template("person.html", identity=session["identity"])

    @app.post("/logout")
    def logout() -> Any:
        """Our own session first: it has ended even if the identity provider is away."""
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


def _serve_look(app: Flask, configuration: Configuration) -> None:
    @app.get("/style.css")
    def style() -> Response:
        return Response(render_template("style.css"), mimetype="text/css")

    if configuration.logo:
        logo = configuration.logo.resolve()

        @app.get("/logo.svg")
        def logo_svg() -> Response:
            return send_file(logo, mimetype="image/svg+xml")


def _show_problems(app: Flask) -> None:
    @app.errorhandler(SignInError)
    def problem(raised: SignInError) -> Any:
        app.logger.warning("login failed: %s", raised)
        page = render_template("problem.html", problem=raised.explanation)
        return page, raised.explanation.status

    @app.errorhandler(404)
    def not_found(_: Exception) -> Any:
        return render_template("not_found.html"), 404


def _protect_pages(app: Flask, configuration: Configuration) -> None:
    issuer = "{0.scheme}://{0.netloc}".format(urlsplit(configuration.issuer))
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        # Chromium applies form-action to the whole chain of redirects, and logout leads to the identity provider.
        f"form-action 'self' {issuer}"
    )
    host = urlsplit(configuration.address).netloc

    @app.before_request
    def keep_to_our_address() -> Any:
        """Cookies belong to one host name: whoever typed localhost for 127.0.0.1 is led there before a login begins."""
        if request.method == "GET" and request.host != host:
            return redirect(configuration.address + request.full_path.rstrip("?"), SEE_OTHER)
        if request.method == "POST" and request.headers.get("Origin", configuration.address) != configuration.address:
            return render_template("not_found.html"), 403
        return None

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cache-Control"] = "no-store"  # nothing to see with Back after logout
        return response
