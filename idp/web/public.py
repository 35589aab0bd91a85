"""Public pages: the logos of applications, and how to request an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.logos import LOGO_POLICY
from config.web.pages import Page, render
from idp.settings import Settings
from relying_parties.registry.registry import Registry

_A_YEAR = 31_536_000  # seconds: the address holds the logo's digest


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForAccountPage(Page):
    """How to request an account, if no other site takes requests."""

    template: ClassVar[str] = "accounts/ask-for-account.html"

    back_url: str | None = None


def public_blueprint(settings: Settings, registry: Registry) -> Blueprint:
    public = Blueprint("public", __name__)

    @public.get("/logos/<name>/<digest>")
    def logo(name: str, digest: str) -> Response:
        """A logo may be a hostile SVG: the policy gives it no rights, even when it is opened as a page."""
        found = registry.logo(name)
        if found is None or found.digest != digest:
            abort(404)
        response = Response(found.content, mimetype=found.media_type)
        response.headers["Cache-Control"] = f"public, max-age={_A_YEAR}, immutable"
        response.headers["Content-Security-Policy"] = LOGO_POLICY
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # the pages of enrollment show it
        return response

    @public.get("/account/request")
    def ask_for_account() -> AnyResponse:
        """With `application`, the client_id of the application that the person came for."""
        if settings.account_request_url:
            known = {"application": request.args.get("application", "")}
            return redirect(request_address(settings.account_request_url, known), 303)
        return render(AskForAccountPage())

    return public


def request_address(url: str, known: Mapping[str, str]) -> str:
    """The address where accounts are asked for, with what is known in its query."""
    parts = urlsplit(url)
    added = (f"{name}={quote(value, safe='')}" for name, value in known.items() if value)
    query = "&".join(filter(None, (parts.query, *added)))
    return parts._replace(query=query).geturl()
