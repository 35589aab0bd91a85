"""The application: its front page, and the page that a login opens. `oidc` and `saml` add login and logout."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, render_template, request, send_file, session
from werkzeug.exceptions import HTTPException

from relying_parties.samples.configuration import Configuration, OidcConfiguration, SamlConfiguration
from relying_parties.samples.problems import SignInError
from relying_parties.samples.sessions import Sessions

SEE_OTHER = 303
LARGEST_BODY = 500_000


def create_app(configuration: Configuration) -> Flask:
    """The application that `configuration` describes."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    sessions = Sessions(configuration.cookie_name, secure=configuration.address.startswith("https:"))
    app.session_interface = sessions
    app.jinja_env.globals["application"] = configuration
    _show_problems(app)
    _serve_look(app, configuration)
    _serve_front(app)
    _protect_pages(app, configuration, called_by_others=_serve_login(app, configuration, sessions))
    return app


def _serve_login(app: Flask, configuration: Configuration, sessions: Sessions) -> Sequence[str]:
    """Add the views of the protocol; return the paths that the identity provider calls.

    Only one library is imported, Authlib or python3-saml.
    """
    match configuration:
        case OidcConfiguration():
            from relying_parties.samples.oidc.views import serve_oidc

            return serve_oidc(app, configuration, sessions)
        case SamlConfiguration():
            from relying_parties.samples.saml.views import serve_saml

            return serve_saml(app, configuration, sessions)
    raise TypeError(f"{type(configuration).__name__} has no protocol")


def _serve_front(app: Flask) -> None:
    @app.get("/")
    def front() -> str:
        return render_template("front.html", identity=session.get("identity"))

    @app.get("/me")
    def me() -> Any:
        if "identity" not in session:
            return redirect("/login", SEE_OTHER)
        return render_template(session["identity"].page, identity=session["identity"])


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
    @app.errorhandler(405)
    @app.errorhandler(413)
    def not_found(raised: HTTPException) -> Any:
        return render_template("not_found.html"), raised.code


def _protect_pages(app: Flask, configuration: Configuration, *, called_by_others: Sequence[str]) -> None:
    provider = "{0.scheme}://{0.netloc}".format(urlsplit(configuration.provider_address))
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        # Chromium applies form-action to the whole chain of redirects, and logout leads to the identity provider.
        f"form-action 'self' {provider}"
    )
    host = urlsplit(configuration.address).netloc

    @app.before_request
    def keep_to_our_address() -> Any:
        """Redirect from localhost to 127.0.0.1, or the reverse, before a login: cookies belong to one host name."""
        if request.path in called_by_others:
            return None
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
        response.headers["Cache-Control"] = "no-store"  # the Back button shows nothing after a logout
        return response
