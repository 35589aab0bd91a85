"""A person whose browser knows links, redirects and forms, and nothing more.

It proves nothing about cookies between sites or CSP; tests/pages does.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from tests.installation import Professional

MOST_STEPS = 10


@dataclass(slots=True)
class Form:
    """A form as it stands, to be filled in."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class PageReader(HTMLParser):
    """The forms of a page, and where it goes on by itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.goes_on: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag == "input" and self.forms and "name" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "meta" and given.get("http-equiv") == "refresh":
            self.goes_on = given["content"].partition("url=")[2]


class PlainBrowser:
    """One person's browser."""

    def __init__(self) -> None:
        self._session = requests.Session()

    def _asks(self, method: str, address: str, **sent: Any) -> requests.Response:
        for cookie in self._session.cookies:  # browsers send Secure cookies to a loopback address over http
            cookie.secure = False
        return self._session.request(method, address, allow_redirects=False, timeout=60, **sent)

    def visits(self, address: str, *, until: str) -> requests.Response | str:
        """The page reached from `address`, or the address that begins with `until`, which nothing serves."""
        for _ in range(MOST_STEPS):
            if address.startswith(until):
                return address
            response = self._asks("GET", address)
            onward = response.headers.get("Location") or PageReader(response.text).goes_on
            if onward is None:
                return response
            address = urljoin(address, onward)
        raise AssertionError(f"still going on at {address}")

    def logs_in(self, person: Professional, *, at: str, until: str) -> str:
        """The answer's address."""
        page = self.visits(at, until=until)
        assert isinstance(page, requests.Response)
        form = next(form for form in PageReader(page.text).forms if "password" in form.fields)
        filled = form.fields | {"login": person.login, "password": person.password}
        origin = {"Origin": "/".join(page.url.split("/")[:3])}
        posted = self._asks("POST", urljoin(page.url, form.action), data=filled, headers=origin)
        assert posted.is_redirect, f"{posted.status_code} at {posted.url}"
        answer = self.visits(urljoin(posted.url, posted.headers["Location"]), until=until)
        assert isinstance(answer, str), f"no answer: {answer.status_code} at {answer.url}"
        return answer
