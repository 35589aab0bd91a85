"""The web shell of a service: `WebShell(settings, service="idp").init_app(app)`.

`init_app` lists what every page and every response gets. The parts of the layout that do not change are built once;
`render` adds those of one request.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, redirect, request
from jinja2 import StrictUndefined
from werkzeug.wrappers import Response as AnyResponse

from config.common_settings import CommonSettings, Environment
from config.logos import Logo, logo_in
from config.typography import unbroken
from config.web import error_handlers
from config.web.addresses import application_address, local_path, web_address
from config.web.assets import Assets
from config.web.cookies import Cookies
from config.web.csrf import FormProtection
from config.web.date_filters import Clock, duration, grouped
from config.web.frame import NO_FRAME, Frame
from config.web.language import ENGLISH, FRENCH, LANGUAGES, Languages, gettext, language_for, ngettext
from config.web.pages import EXTENSION, AccessibilityPage, Page
from config.web.prefetch import skip_prefetch
from config.web.proxies import TrustedProxies
from config.web.request import AsciiRequest
from config.web.request_id import RequestIds
from config.web.security import SecurityHeaders
from config.web.wording import SHELL, Wording

LARGEST_FORM = 64 * 1024  # bytes; the longest password is 1,024 characters
PLACEHOLDER = f"https://{token_hex(16)}.invalid/"
"""Stands for a value in a cached page, where an address may be required."""

_LANGUAGE_KEPT = timedelta(days=180)
_MOST_FRAGMENTS = 512  # pages of 3 kB: one for each language and logo
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The installation, as every page shows it."""

    region: str
    service_name: str  # shown after the region's, unless it is empty
    logo: str | None  # the name of its asset
    logo_text: str
    badge: str | None
    support_phone: str
    support_email: str
    accessibility: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chrome:
    """What the layout shows around one page."""

    installation: Installation
    frame: Frame
    stylesheets: tuple[str, ...]  # the service's own, after the shell's
    language: str
    other_language: str
    switch_url: str | None
    here: str
    form_token: Callable[[], str]


class WebShell:
    """The shell of one service."""

    def __init__(
        self,
        settings: CommonSettings,
        *,
        service: str,
        service_name: str = "",
        frame: Callable[[], Frame] | None = None,
        wording: Wording | None = None,
        stylesheets: tuple[str, ...] = (),
        machine_paths: tuple[str, ...] = (),
        unavailable: Iterable[type[Exception]] = (),
    ) -> None:
        """`service` begins the names of its cookies. `frame` is called for each page, within its request.

        `stylesheets` are files of the folder `static` beside the service's templates.
        """
        self._settings = settings
        self._stylesheets = stylesheets
        self._frame = frame
        self._wording = SHELL if wording is None else SHELL | wording
        self._machine_paths = machine_paths
        self._unavailable = tuple(unavailable)
        self._logo = logo = None if settings.region_logo_file == Path() else logo_in(settings.region_logo_file)
        self._assets = Assets(logo=logo)
        self._installation = _installation(settings, service_name, logo)
        self._languages = Languages(_HERE)
        self._fragments: dict[tuple[Page, str], tuple[bytes, ...]] = {}
        self.cookies = Cookies(settings, service=service)
        self.forms = FormProtection(self.cookies, origin=settings.origin, longest=LARGEST_FORM)

    def init_app(self, app: Flask) -> None:
        app.request_class = AsciiRequest
        app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_FORM
        self._languages = Languages(_HERE, Path(app.root_path))
        self._assets = Assets(Path(app.root_path) / "static", logo=self._logo)
        self._configure_templates(app)
        app.register_blueprint(self._routes())
        self.forms.init_app(app)
        error_handlers.init_app(app, unavailable=self._unavailable, machine_paths=self._machine_paths)
        app.extensions[EXTENSION] = self.render
        app.wsgi_app = SecurityHeaders(app.wsgi_app, self._settings)  # type: ignore[method-assign]
        app.wsgi_app = RequestIds(app.wsgi_app)  # type: ignore[method-assign]
        if self._settings.trusted_proxies:
            app.wsgi_app = TrustedProxies(app.wsgi_app, self._settings.trusted_proxies)  # type: ignore[method-assign]

    def language(self, requested: str | None = None) -> str:
        """The language of the response to the current request; `requested` is the application's `ui_locales`."""
        return language_for(request, requested=requested, chosen=self.cookies.read("language"))

    def render(self, page: Page, status: int, requested: str | None) -> Response:
        """The response that shows a page. Views call `config.web.pages.render`."""
        frame = NO_FRAME
        if self._frame is not None:
            with self._languages.using_language(self.language(requested)):
                frame = self._frame()
        return self._response(page, status, requested, frame)

    def _response(self, page: Page, status: int, requested: str | None, frame: Frame) -> Response:
        language = self.language(requested)
        here = page.path or (request.full_path.rstrip("?") if request.method == "GET" else None)
        other = ENGLISH if language == FRENCH else FRENCH
        chrome = Chrome(
            installation=self._installation,
            frame=frame,
            stylesheets=self._stylesheets,
            language=language,
            other_language=other,
            switch_url=None if here is None else "/language?" + urlencode({"to": other, "back": here}),
            here=here or "/",
            form_token=self.forms.token,
        )
        with self._languages.using_language(language):
            html = self._template(page.template).render(page=page, chrome=chrome)
        response = Response(html, status=status)
        response.headers["Content-Language"] = language
        response.headers["Vary"] = "Accept-Language, Cookie"
        if page.isolated:
            response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    def using_language(self, language: str) -> AbstractContextManager[None]:
        """During the block, messages are in `language`, as on a page."""
        return self._languages.using_language(language)

    def fragments(self, page: Page, language: str) -> tuple[bytes, ...]:
        """The UTF-8 of `page` around each `PLACEHOLDER`, in order.

        The page is rendered once and cached, so it has no frame, and must not contain anything of a request, such as
        a form token.
        """
        kept = self._fragments.get((page, language))
        if kept is None:
            kept = tuple(self._response(page, 200, language, NO_FRAME).get_data().split(PLACEHOLDER.encode()))
            if len(self._fragments) >= _MOST_FRAGMENTS:
                self._fragments.clear()
            self._fragments[page, language] = kept
        return kept

    def _configure_templates(self, app: Flask) -> None:
        env = app.jinja_env
        env.undefined = StrictUndefined
        env.trim_blocks = env.lstrip_blocks = True
        env.policies["ext.i18n.trimmed"] = True
        env.add_extension("jinja2.ext.i18n")
        env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
        clock = Clock(ZoneInfo(self._settings.time_zone))
        env.filters |= {
            "web_address": web_address,
            "application_address": application_address,
            "unbroken": unbroken,
            "duration": duration,
            "grouped": grouped,
            "say": self._wording.say,
            "moment": clock.moment,
            "time": clock.time,
            "day": clock.day,
            "last_day": clock.last_day,
        }
        env.globals |= {"asset": self._assets.address, "say": self._wording.say, "fault_words": self._wording.fault}
        self._template = env.get_template

    def _routes(self) -> Blueprint:
        web = Blueprint("web", __name__, template_folder="templates")

        @web.get("/static/<digest>/<name>")
        def asset(digest: str, name: str) -> Response:
            return self._assets.respond(digest, name)

        @web.get("/language")
        @skip_prefetch
        def language() -> AnyResponse:
            """The language switch of each page: remember the language, and return to the page."""
            response = redirect(local_path(request.args.get("back")) or "/", 303)
            if (to := request.args.get("to")) in LANGUAGES:
                self.cookies.set(response, "language", to, lifetime=_LANGUAGE_KEPT)
            return response

        @web.get("/accessibility")
        def accessibility() -> Response:
            return self.render(AccessibilityPage(), 200, None)

        return web


def _installation(settings: CommonSettings, service_name: str, logo: Logo | None) -> Installation:
    badges = {Environment.DEVELOPMENT: "development", Environment.RECETTE: "recette"}
    try:
        ours = version("poterne")
    except PackageNotFoundError:  # run from a tree that was not installed
        ours = "0"
    return Installation(
        region=settings.region,
        service_name=service_name,
        logo=f"logo.{logo.media_type.name.lower()}" if logo else None,
        logo_text=settings.region_logo_text if logo else "",
        badge=badges.get(settings.environment),
        support_phone=settings.support_phone,
        support_email=settings.support_email,
        accessibility=settings.accessibility,
        version=ours,
    )
