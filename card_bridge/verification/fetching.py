"""Fetches revocation lists, and OCSP responses while a list is not fresh: a job, never a login.

The addresses are those of the settings. What a certificate names is never called.
"""

import http.client
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Final

from card_bridge.verification.lists import LARGEST_LIST, ListRefused, ListState, RevocationLists
from card_bridge.verification.ocsp import LARGEST_RESPONSE, REQUEST_TYPE, OcspResponses, ResponseRefused
from card_bridge.verification.revocation import RevocationRecords
from config.http_client import HttpClient, HttpFailed
from config.sql.database import DatabaseUnavailable

CHECK_INTERVAL: Final = timedelta(minutes=1)
RETRY_INTERVAL: Final = timedelta(minutes=5)
"""How soon a list that could not be fetched, or has ended, is fetched again."""
MOST_QUESTIONS: Final = 200  # OCSP requests of one round

Certificates = Callable[[], Iterable[tuple[str, int]]]
"""The certificates in use: the id of the authority and the serial number of each, those last used first."""

journal = logging.getLogger("poterne.cards")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What an attempt to fetch a list gave; `failure` is "" when it succeeded."""

    source: str
    has_changed: bool = False
    failure: str = ""


class RevocationFetching:
    """Keeps the lists and responses fresh. It does no harm to run on several nodes at once."""

    def __init__(
        self,
        *,
        lists: RevocationLists,
        responses: OcspResponses,
        records: RevocationRecords,
        http_client: HttpClient,
        sources: Sequence[str],
        ocsp_address: str,
        refresh: timedelta,
        certificates: Certificates,
    ) -> None:
        """`refresh` is how often each list is fetched; `ocsp_address` is "" when there is no responder."""
        self._lists = lists
        self._responses = responses
        self._records = records
        self._http_client = http_client
        self._sources = sources
        self._ocsp_address = ocsp_address
        self._refresh = refresh
        self._certificates = certificates

    def run_forever(self, stop: Event) -> None:
        """Fetch what is due, every minute, until `stop` is set."""
        with suppress(DatabaseUnavailable):
            self._lists.forget_others(self._sources)
        while not stop.is_set():
            with suppress(DatabaseUnavailable):  # config/sql/database.py logs it once
                self.fetch_due(datetime.now(UTC))
                self.ask_about_cards(datetime.now(UTC))
            stop.wait(CHECK_INTERVAL.total_seconds())

    def states(self) -> Sequence[ListState]:
        """What is kept of each list of the settings."""
        return self._lists.states(self._sources)

    def fetch_due(self, now: datetime, *, all_of_them: bool = False) -> Sequence[Fetched]:
        """Fetch the lists whose time has come, or all of them."""
        return [self._fetch(state.source, now) for state in self.states() if all_of_them or self._is_due(state, now)]

    def ask_about_cards(self, now: datetime) -> int:
        """Ask the OCSP responder about the cards in use whose authority has no fresh list; how many were answered."""
        answered = 0
        if not self._ocsp_address:
            return answered
        for authority, serial_number in self._certificates():
            if answered >= MOST_QUESTIONS:
                break
            if self._records.is_fresh(authority, now) or self._records.has_fresh_response(
                authority, serial_number, now
            ):
                continue
            if not self.ask(authority, serial_number, now):
                break  # the next round tries again
            answered += 1
        return answered

    def ask(self, authority: str, serial_number: int, now: datetime) -> bool:
        """Ask the OCSP responder about one certificate; whether it gave a response that counts."""
        if not self._ocsp_address:
            return False
        try:
            self._responses.ask(authority, serial_number, self._post, now=now)
        except (ResponseRefused, HttpFailed) as failure:
            journal.warning("the OCSP responder gave no usable response", extra={"reason": str(failure)})
            return False
        return True

    def _is_due(self, state: ListState, now: datetime) -> bool:
        if state.attempted_at is None:
            return True
        is_bad = state.failure is not None or not state.is_fresh(now)
        return now - state.attempted_at >= (min(self._refresh, RETRY_INTERVAL) if is_bad else self._refresh)

    def _fetch(self, source: str, now: datetime) -> Fetched:
        try:
            octets = self._http_client.get(source, _read_list, headers={"Accept": "application/pkix-crl, */*"})
            return Fetched(source=source, has_changed=self._lists.accept(source, octets, now=now))
        except (HttpFailed, ListRefused) as failure:
            reason = str(failure) if isinstance(failure, ListRefused) else f"the server was not reached: {failure}"
            self._lists.record_failure(source, reason, now=now)
            journal.warning("a revocation list was not accepted", extra={"source": source, "reason": reason})
            return Fetched(source=source, failure=reason)

    def _post(self, request: bytes) -> bytes:
        answer = self._http_client.post(self._ocsp_address, request, content_type=REQUEST_TYPE)
        if answer.status != http.client.OK or len(answer.body) > LARGEST_RESPONSE:
            raise HttpFailed(f"the responder answered {answer.status}")
        return answer.body


def _read_list(response: http.client.HTTPResponse) -> bytes:
    if response.status != http.client.OK:
        raise ValueError("another status")
    octets = response.read(LARGEST_LIST + 1)
    if len(octets) > LARGEST_LIST:
        raise ValueError("too large")
    return octets
