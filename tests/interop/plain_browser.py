"""A person whose browser knows links, redirects and forms, and nothing more.

A page that goes on by itself is gone on from: by its `refresh`, or, where a
form carries a SAML message, by the form's button, as a person without JavaScript
does. It proves nothing about cookies between sites or CSP; tests/pages does.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from tests.installation import Professional

JEANNE = Professional(login="jdupont", given_name="Jeanne", family_name="Dupont", password="Cerisier-Bleu-72")

MOST_STEPS = 20
SAML_MESSAGES = frozenset({"SAMLRequest", "SAMLResponse", "SAMLart"})
NOWHERE = "nowhere:"


@dataclass(slots=True)
class Form:
    """A form as it stands, to be filled in."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    has_button: bool = False

    @property
    def carries_a_message(self) -> bool:
        return not SAML_MESSAGES.isdisjoint(self.fields)


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
        if self.forms and (tag == "button" or (tag == "input" and given.get("type") == "submit")):
            self.forms[-1].has_button = True


class PlainBrowser:
    """One person's browser."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self.carried: list[Form] = []  # SAML messages by POST, oldest first

    def _asks(self, method: str, address: str, **sent: Any) -> requests.Response:
        for cookie in self._session.cookies:  # browsers send Secure cookies to a loopback address over http
            cookie.secure = False
        return self._session.request(method, address, allow_redirects=False, timeout=60, **sent)

    def visits(self, address: str, *, until: str = NOWHERE) -> requests.Response | str:
        """The page reached from `address`, or the address that begins with `until`, which nothing serves."""
        if address.startswith(until):
            return address
        return self._goes_on_from(self._asks("GET", address), until=until)

    def opens(self, address: str) -> requests.Response:
        """The page reached from `address`."""
        page = self.visits(address)
        assert isinstance(page, requests.Response)
        return page

    def logs_in(self, person: Professional, *, at: str, until: str) -> str:
        """The answer's address."""
        answer = self._signs_in(person, at=at, until=until)
        assert isinstance(answer, str), f"no answer: {answer.status_code} at {answer.url}"
        return answer

    def signs_in(self, person: Professional, *, at: str) -> requests.Response:
        """The page of the application at `at`, after its identity provider has asked who this is."""
        page = self._signs_in(person, at=at, until=NOWHERE)
        assert isinstance(page, requests.Response)
        return page

    def logs_out(self, issuer: str) -> requests.Response:
        """What the identity provider says once it has asked and been answered."""
        asking = self.opens(f"{issuer}/logout")
        form = next((form for form in PageReader(asking.text).forms if form.action.endswith("/logout")), None)
        assert form, f"no form to log out with: {asking.status_code} at {asking.url}\n{asking.text}"
        page = self.submits(form, on=asking)
        assert isinstance(page, requests.Response)
        return page

    def submits(self, form: Form, *, on: requests.Response, until: str = NOWHERE) -> requests.Response | str:
        """What is reached by sending `form` of the page `on`."""
        assert form.has_button, f"a form without a button at {on.url}"
        origin = {"Origin": origin_of(on.url)}
        sent = self._asks("POST", urljoin(on.url, form.action), data=form.fields, headers=origin)
        return self._goes_on_from(sent, until=until)

    def follows(self, link: str, *, on: requests.Response) -> requests.Response:
        """What is reached by a link of the page `on`, whose origin the browser names, to a program of this computer."""
        headers = {
            "Referer": f"{origin_of(on.url)}/",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
            "Sec-Fetch-Site": "cross-site",
        }
        page = self._goes_on_from(self._asks("GET", link, headers=headers), until=NOWHERE)
        assert isinstance(page, requests.Response)
        return page

    def _signs_in(self, person: Professional, *, at: str, until: str) -> requests.Response | str:
        page = self.visits(at, until=until)
        assert isinstance(page, requests.Response)
        form = next((form for form in PageReader(page.text).forms if "password" in form.fields), None)
        assert form, f"no form to log in with: {page.status_code} at {page.url}\n{page.text}"
        form.fields |= {"login": person.login, "password": person.password}
        reached = self.submits(form, on=page, until=until)
        asked_again = isinstance(reached, requests.Response) and any(
            "password" in form.fields for form in PageReader(reached.text).forms
        )
        assert not asked_again, f"asked again at {page.url}"
        return reached

    def _goes_on_from(self, response: requests.Response, *, until: str) -> requests.Response | str:
        for _ in range(MOST_STEPS):
            page = PageReader(response.text)
            message = next((form for form in page.forms if form.carries_a_message), None)
            onward = response.headers.get("Location") or page.goes_on
            if onward is not None:
                address = urljoin(response.url, onward)
                if address.startswith(until):
                    return address
                response = self._asks("GET", address)
            elif message is not None:
                assert message.has_button, f"a form without a button at {response.url}"
                self.carried.append(message)
                origin = {"Origin": origin_of(response.url)}
                sent_to = urljoin(response.url, message.action)
                response = self._asks("POST", sent_to, data=message.fields, headers=origin)
            else:
                return response
        raise AssertionError(f"still going on at {response.url}")


def origin_of(address: str) -> str:
    return "/".join(address.split("/")[:3])
