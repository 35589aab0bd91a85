"""A person's browser, over the WSGI application and without a socket: forms, links, redirects, cookies.

Cookies are kept for each host and obey SameSite=Lax and Path, since that is what logins that cross sites stand on. What
only a real browser can show (CSP, cookies between ports, scripts) is in tests/pages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from tests.actors.application import Application
from tests.actors.page import Form, Page

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class Professional:
    """A person with an account. All are invented."""

    login: str
    password: str
    given_name: str
    family_name: str

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def email(self) -> str:
        return f"{self.given_name}.{self.family_name}@exemple.test".lower()


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as a proxy between would have seen them."""

    method: str
    url: str
    status: int
    location: str | None
    cookies_set: tuple[str, ...]


class Browser:
    """One tab; `another_tab` shares its cookies."""

    def __init__(
        self, sites: Mapping[str, "WSGIApplication"], *, address: str = "192.0.2.7", languages: str = "fr"
    ) -> None:
        self._sites = sites
        self._address = address
        self._languages = languages
        self.cookies: dict[str, dict[str, str]] = {}
        self._paths: dict[tuple[str, str], str] = {}
        self.exchanges: list[Exchange] = []
        self.history: list[Page] = []

    @property
    def page(self) -> Page:
        """What is on the screen."""
        return self.history[-1]

    def another_tab(self) -> "Browser":
        tab = Browser(self._sites, address=self._address, languages=self._languages)
        tab.cookies, tab._paths = self.cookies, self._paths
        return tab

    # --- what a person does --------------------------------------------------------

    def visits(self, address: str) -> Page:
        """Go to `address` as from a link of another site, and on to wherever it leads."""
        return self._goes("GET", address, coming_from="cross-site")

    def follows(self, words: str) -> Page:
        """Follow the link of the page that says this."""
        return self._goes("GET", self.page.link(words), coming_from="same-origin")

    def submits(self, form: Form, **filled: str) -> Page:
        """Fill in and send a form of the page."""
        return self._goes(form.method, form.action, body=form.fields | filled, coming_from="same-origin")

    def is_made_to_post(self, address: str, **fields: str) -> Page:
        """A page of another site posts here, as a protocol's or an attacker's form does."""
        return self._goes("POST", address, body=fields, coming_from="cross-site")

    def goes_back(self) -> Page:
        """The back button: our pages are `no-store`, so that the one before is asked for again."""
        self.history.pop()
        return self._goes("GET", self.history.pop().url, coming_from="same-origin")

    def logs_in(self, person: Professional, *, to: Application, **asked: str) -> Page:
        """From the application's button to its answer."""
        self.visits(to.asks(**asked))
        return self.gives(person)

    def gives(self, person: Professional, password: str | None = None) -> Page:
        """Fill in the sign-on page."""
        form = self.page.form_with("login", "password")
        return self.submits(form, login=person.login, password=person.password if password is None else password)

    def asks(self, address: str, *, posting: Mapping[str, str] | None = None) -> TestResponse:
        """One request, followed nowhere."""
        return self._request("GET" if posting is None else "POST", address, posting, coming_from="same-origin")

    # --- how -----------------------------------------------------------------------

    def _goes(self, method: str, address: str, *, coming_from: str, body: Mapping[str, str] | None = None) -> Page:
        for _ in range(MOST_STEPS):
            if self._site(address) is None:
                return self._shows(Page(address))
            response = self._request(method, address, body, coming_from=coming_from)
            onward = response.headers.get("Location")
            page = Page(address, response.status_code, response.text, dict(response.headers))
            if onward is None and page.goes_on_to is not None:
                onward, coming_from = page.goes_on_to, "same-origin"
            if onward is None:
                return self._shows(page)
            method, body, address = "GET", None, urljoin(address, onward)
        raise AssertionError(f"still going on at {address}")

    def _shows(self, page: Page) -> Page:
        self.history.append(page)
        return page

    def _site(self, address: str) -> "WSGIApplication | None":
        return self._sites.get(_origin(address))

    def _request(self, method: str, address: str, body: Mapping[str, str] | None, *, coming_from: str) -> TestResponse:
        site = self._site(address)
        assert site is not None, f"nothing serves {address}"
        headers = {"Accept-Language": self._languages, "User-Agent": "a browser", "Sec-Fetch-Site": coming_from}
        if method == "POST":
            headers["Origin"] = _origin(address) if coming_from == "same-origin" else "https://elsewhere.example"
        if cookies := self._sent_cookies(address, lax=method == "GET" or coming_from == "same-origin"):
            headers["Cookie"] = cookies
        parts = urlsplit(address)
        builder = EnvironBuilder(
            path=parts.path,
            base_url=_origin(address),
            query_string=parts.query,
            method=method,
            data=dict(body) if body is not None else None,
            headers=headers,
            environ_base={"REMOTE_ADDR": self._address},
        )
        # The path as it is written, percent signs and all: the builder would encode it again.
        environ = builder.get_environ()
        response = TestResponse(*run_wsgi_app(site, environ, buffered=True), request=builder.get_request())
        self._keep_cookies(address, response.headers.getlist("Set-Cookie"))
        self.exchanges.append(
            Exchange(
                method=method,
                url=address,
                status=response.status_code,
                location=response.headers.get("Location"),
                cookies_set=tuple(response.headers.getlist("Set-Cookie")),
            )
        )
        return response

    def _sent_cookies(self, address: str, *, lax: bool) -> str:
        """Every cookie of ours is SameSite=Lax: one site's POST to another carries none."""
        jar = self.cookies.get(_host(address), {}) if lax else {}
        sent = [name for name in jar if _is_below(address, self._paths.get((_host(address), name), "/"))]
        return "; ".join(f"{name}={jar[name]}" for name in sent)

    def _keep_cookies(self, address: str, headers: Iterable[str]) -> None:
        jar = self.cookies.setdefault(_host(address), {})
        for header in headers:
            for name, morsel in SimpleCookie(header).items():
                assert morsel["samesite"] == "Lax", header
                jar[name] = morsel.value
                self._paths[_host(address), name] = morsel["path"] or "/"
                if morsel["max-age"] == "0":
                    del jar[name]


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _is_below(address: str, path: str) -> bool:
    """RFC 6265 section 5.1.4, over the path as it is written."""
    asked = urlsplit(address).path or "/"
    return asked == path or asked.startswith(path if path.endswith("/") else f"{path}/")


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""
