"""Tickets and handles: how a login leaves the browser's page for the card, and comes back.

A ticket is made by the person's own page, and names the login to the card software or to the TLS host. What they
learn of the card becomes a handle, with which the browser returns. Both are random, stored as a hash, and used once. A
handle is found only together with the login that made the ticket and the browser that holds the login: an attacker
who has somebody else's card sign the attacker's login obtains nothing, in neither browser (gematik's Authenticator
4.16.0 had to add a consent dialog for want of this rule).
"""

import base64
import secrets
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote

from card_bridge.assertion import Purpose
from config.redis.store import Record, Store, fingerprint
from idp.login.pending_cookies import path_of
from idp.record_kinds import IdpRecord

TICKET_LIFETIME: Final = timedelta(minutes=5)
HANDLE_LIFETIME: Final = timedelta(minutes=2)


class Door(StrEnum):
    """Where a ticket counts."""

    SOFTWARE = "software"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A login that a card is asked for: its pending login, what for, and the application's name."""

    door: Door
    pending: str
    flow_id: str
    purpose: Purpose
    application: str


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
    """What came back for a login, and the purpose that its ticket had."""

    evidence: Evidence
    purpose: Purpose


class HandOffs:
    """The tickets and the handles."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def make_ticket(self, ticket: Ticket, *, browser: str) -> str:
        """A ticket of 43 characters, good for five minutes. `browser` identifies the browser of the login."""
        token, record = secrets.token_urlsafe(32), asdict(ticket) | {"browser": fingerprint(browser)}
        self._store.put(IdpRecord.CARD_TICKET, fingerprint(token), record, lifetime=TICKET_LIFETIME)
        return token

    def find(self, token: str, door: Door) -> Ticket | None:
        """The ticket, which stays as it is; None if it is unknown, expired, used or of another door."""
        record = self._store.get(IdpRecord.CARD_TICKET, fingerprint(token))
        return _ticket(record) if record is not None and record["door"] == door else None

    def give_challenge(self, token: str, nonce: str) -> bool:
        """Note the challenge that the card software is given, in the place of an earlier one after a wrong PIN.

        False if the ticket is unknown, expired or used.
        """
        record = self._store.get(IdpRecord.CARD_TICKET, fingerprint(token))
        if record is None or record["door"] != Door.SOFTWARE:
            return False
        return self._store.replace(IdpRecord.CARD_TICKET, fingerprint(token), record, record | {"nonce": nonce})

    def take_assertion(self, token: str, assertion: str) -> str | None:
        """Spend the ticket and keep the assertion: the address by which the browser returns, below our origin.

        None if the ticket is unknown, expired or used, or its challenge was never given.
        """
        record = self._store.take(IdpRecord.CARD_TICKET, fingerprint(token))
        if record is None or record["door"] != Door.SOFTWARE or "nonce" not in record:
            return None
        return self._keep(record, {"assertion": assertion, "nonce": record["nonce"]})

    def take_certificate(self, token: str, der: bytes) -> str | None:
        """Spend the ticket and keep the certificate: the address by which the browser returns. None as above."""
        record = self._store.take(IdpRecord.CARD_TICKET, fingerprint(token))
        if record is None or record["door"] != Door.TLS:
            return None
        return self._keep(record, {"certificate": base64.b64encode(der).decode("ascii")})

    def take(self, handle: str, *, flow_id: str, browser: str) -> Handed | None:
        """Spend a handle of this login in this browser. The handle of another login or browser is not found."""
        record = self._store.take(IdpRecord.CARD_HANDLE, _key(handle, flow_id, fingerprint(browser)))
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
            IdpRecord.CARD_HANDLE,
            _key(handle, ticket["flow_id"], ticket["browser"]),
            evidence | {"purpose": ticket["purpose"]},
            lifetime=HANDLE_LIFETIME,
        )
        return f"{path_of(quote(ticket['pending'], safe=':~'))}/card/return?handle={handle}"


def tls_label(ticket: str) -> str:
    """The host name below `card_tls_domain` for a ticket: a new one for each, so that no TLS session is resumed."""
    return fingerprint(ticket)[:20]


def _key(handle: str, flow_id: str, browser: str) -> str:
    return fingerprint("\n".join((flow_id, browser, handle)))


def _ticket(record: Record) -> Ticket:
    return Ticket(
        door=Door(record["door"]),
        pending=record["pending"],
        flow_id=record["flow_id"],
        purpose=Purpose(record["purpose"]),
        application=record["application"],
    )
