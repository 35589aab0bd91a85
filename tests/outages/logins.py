"""Logins that go on from several threads, whatever happens to the service, and what each of them was told."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.actors.application import Answer, Application
from tests.actors.browser import Browser, Professional
from tests.outages.service import Service
from tests.outages.wire import NoAnswer
from tests.processes import until

TRIES = 40
_BETWEEN_TRIES = 0.1


@dataclass(slots=True)
class Begun:
    """A session whose opening was answered."""

    person: Professional
    browser: Browser
    at: float


@dataclass(slots=True)
class Told:
    """What the threads were told, all of them together."""

    sessions: list[Begun] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    redeemed: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    unanswered: int = 0

    def logins_of(self, person: Professional) -> int:
        return sum(begun.person is person for begun in self.sessions)


@dataclass(slots=True)
class Logins:
    """People who log in to an application again and again, each in a thread and in a new browser.

    Each code is redeemed by so many threads at once: one or none has its tokens, since a
    second redemption revokes what the first has not yet been given.
    """

    service: Service
    application: Application
    redemptions_at_once: int = 2
    told: Told = field(default_factory=Told)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def going_on(self, people: Sequence[Professional]) -> Iterator[Told]:
        """The block begins once each of `people` has logged in; it ends with the last login that was begun."""
        threads = [threading.Thread(target=self._again_and_again, args=[person]) for person in people]
        for thread in threads:
            thread.start()
        try:
            until(lambda: all(self.told.logins_of(person) for person in people), what="a login of each")
            yield self.told
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def wait_for_more(self, how_many: int, *, within: float) -> None:
        """Return once so many more sessions have been begun."""
        wanted = len(self.told.sessions) + how_many
        until(lambda: len(self.told.sessions) >= wanted, within=within, what=f"{how_many} more logins")

    def _again_and_again(self, person: Professional) -> None:
        while not self._over.is_set():
            browser = self.service.anyone()
            try:
                page = browser.logs_in(person, to=self.application)
            except (NoAnswer, StopIteration):  # cut off, or a page without the form
                page = None
            self._note_session(person, browser)
            if page is not None and page.url.startswith(self.application.redirect_uri):
                answer = self.application.answer(page)
                self.told.codes[answer.code] += 1
                self._redeem_at_once(answer)
            else:
                self.told.unanswered += 1
                self._over.wait(_BETWEEN_TRIES)

    def _note_session(self, person: Professional, browser: Browser) -> None:
        """The password was answered by a session's cookie, whatever came after."""
        for exchange in browser.exchanges:
            if exchange.method == "POST" and any("session=" in cookie for cookie in exchange.cookies_set):
                self.told.sessions.append(Begun(person, browser, time.monotonic()))
            elif exchange.status >= 400 and exchange.status not in (429, 503):
                self.told.faults.append(f"{exchange.status} {exchange.method} {exchange.url}")

    def _redeem_at_once(self, answer: Answer) -> None:
        with ThreadPoolExecutor(self.redemptions_at_once) as threads:
            for done in [threads.submit(self._redeem, answer) for _ in range(self.redemptions_at_once)]:
                done.result()

    def _redeem(self, answer: Answer) -> None:
        """Try until there is an answer that means something."""
        for _ in range(TRIES):
            try:
                response = self.application.redeems(answer)
            except NoAnswer:
                self._over.wait(_BETWEEN_TRIES)
                continue
            if response.status_code == 200:
                self.told.redeemed[answer.code] += 1
            if response.status_code in (200, 400):
                return
            if response.status_code != 503:
                self.told.faults.append(f"{response.status_code} token {response.text}")
            self._over.wait(_BETWEEN_TRIES)
