"""Tickets and handles: how a browser leaves the page of a service for the card, and comes back.

A ticket is made by the person's own page. It names what the card is asked for, a login or the draft of a request, to
the card software or to the TLS host. What they learn of the card becomes a handle, with which the browser returns. Both
are random, stored as a hash, and used once. A handle is found only together with what the ticket was made for and the
browser that holds it: an attacker who has somebody else's card sign for the attacker obtains nothing, in neither
browser (gematik's Authenticator 4.16.0 had to add a consent dialog for want of this rule).

The identity provider and enrollment use the same rules; enrollment makes tickets for the card software only.
"""

import base64
import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from card_bridge.assertion import Purpose
from card_bridge.verification.record_kinds import CardRecord
from config.redis.rate_limits import RetryAfter, Throttle, Visit
from config.redis.store import Record, Store, fingerprint

TICKET_LIFETIME: Final = timedelta(minutes=5)
HANDLE_LIFETIME: Final = timedelta(minutes=2)

_TICKETS_AT_ONCE, _TICKET_EVERY = 60, 1.0  # of one address; a hospital is one
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class Door(StrEnum):
    """Where a ticket counts."""

    SOFTWARE = "software"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a card is asked for, and what for.

    `bound_to` identifies the login or the draft, as in a challenge. `application` is the name that the card software
    shows. `return_path`, below the origin of the service, is where the browser returns.
    """

    door: Door
    bound_to: str
    purpose: Purpose
    application: str
    return_path: str


@dataclass(frozen=True, slots=True)
class SignedChallenge:
    """An assertion, as it was received, for the challenge `nonce` of this service."""

    assertion: str = field(repr=False)
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TlsCertificate:
    """A certificate in DER whose key the TLS connection has proved."""

    der: bytes = field(repr=False)


Evidence = SignedChallenge | TlsCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What came back, and the purpose that its ticket had."""

    evidence: Evidence
    purpose: Purpose


class HandOffs:
    """The tickets and the handles of a service."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def make_ticket(self, ticket: Ticket, *, browser: str) -> str:
        """A ticket of 43 characters, good for five minutes. `browser` identifies the browser that asks for it."""
        token, record = secrets.token_urlsafe(32), asdict(ticket) | {"browser": fingerprint(browser)}
        self._store.put(CardRecord.TICKET, fingerprint(token), record, lifetime=TICKET_LIFETIME)
        return token

    def find(self, token: str, door: Door) -> Ticket | None:
        """The ticket, which stays as it is; None if it is unknown, expired, used or of another door."""
        if not _TOKEN.fullmatch(token):
            return None
        record = self._store.get(CardRecord.TICKET, fingerprint(token))
        return _ticket(record) if record is not None and record["door"] == door else None

    def give_challenge(self, token: str, nonce: str) -> bool:
        """Note the challenge that the card software is given, in the place of an earlier one after a wrong PIN.

        False if the ticket is unknown, expired or used.
        """
        record = self._store.get(CardRecord.TICKET, fingerprint(token))
        if record is None or record["door"] != Door.SOFTWARE:
            return False
        return self._store.replace(CardRecord.TICKET, fingerprint(token), record, record | {"nonce": nonce})

    def take_assertion(self, token: str, assertion: str) -> str | None:
        """Spend the ticket and keep the assertion: the path by which the browser returns, with a handle.

        None if the ticket is unknown, expired or used, or its challenge was never given.
        """
        record = self._store.take(CardRecord.TICKET, fingerprint(token))
        if record is None or record["door"] != Door.SOFTWARE or "nonce" not in record:
            return None
        return self._keep(record, {"assertion": assertion, "nonce": record["nonce"]})

    def take_certificate(self, token: str, der: bytes) -> str | None:
        """Spend the ticket and keep the certificate: the path by which the browser returns. None as above."""
        record = self._store.take(CardRecord.TICKET, fingerprint(token))
        if record is None or record["door"] != Door.TLS:
            return None
        return self._keep(record, {"certificate": base64.b64encode(der).decode("ascii")})

    def take(self, handle: str, *, bound_to: str, browser: str) -> Handed | None:
        """Spend a handle of this login or draft in this browser. That of another one is not found."""
        if not _TOKEN.fullmatch(handle):
            return None
        record = self._store.take(CardRecord.HANDLE, _key(handle, bound_to, fingerprint(browser)))
        if record is None:
            return None
        evidence: Evidence = (
            SignedChallenge(record["assertion"], record["nonce"])
            if "assertion" in record
            else TlsCertificate(base64.b64decode(record["certificate"]))
        )
        return Handed(evidence=evidence, purpose=Purpose(record["purpose"]))

    def _keep(self, ticket: Record, evidence: dict[str, Any]) -> str:
        handle = secrets.token_urlsafe(32)
        self._store.put(
            CardRecord.HANDLE,
            _key(handle, ticket["bound_to"], ticket["browser"]),
            evidence | {"purpose": ticket["purpose"]},
            lifetime=HANDLE_LIFETIME,
        )
        return f"{ticket['return_path']}?handle={handle}"


def admit_ticket(throttle: Throttle, visit: Visit) -> RetryAfter | None:
    """Count a ticket that this visitor asks for; how long to wait, if there were too many."""
    return throttle.admit("card-tickets", visit, at_once=_TICKETS_AT_ONCE, every=_TICKET_EVERY)


def tls_label(ticket: str) -> str:
    """The host name below `card_tls_domain` for a ticket: a new one for each, so that no TLS session is resumed."""
    return fingerprint(ticket)[:20]


def _key(handle: str, bound_to: str, browser: str) -> str:
    return fingerprint("\n".join((bound_to, browser, handle)))


def _ticket(record: Record) -> Ticket:
    return Ticket(
        door=Door(record["door"]),
        bound_to=record["bound_to"],
        purpose=Purpose(record["purpose"]),
        application=record["application"],
        return_path=record["return_path"],
    )
