"""Pending logins: the browser that began a login keeps it, sealed, in a cookie whose path is the login's address.

The server stores nothing for a login that has begun, however many logins a stranger begins
(docs/decisions/the-browser-keeps-a-pending-login.md). A mark in Redis, written with the answer and kept as long
as the login could last, makes sure that a login is answered once. A request too large for a cookie is stored in
Redis, and counted.

The address names the application, so that the page can lead back to it even without the cookie.
"""

import base64
import binascii
import secrets
import time
import zlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any, Final

from config.redis.rate_limits import RetryAfter, Throttle, places
from config.redis.store import Store, fingerprint
from config.sealed_cookies import SealedCookies
from idp.login.request import LoginRequest
from idp.record_kinds import IdpRecord

LONGEST_REQUEST: Final = 32_768  # octets: more than either protocol accepts
LARGEST_CONTENT: Final = 2_500  # octets: some 3,430 characters sealed; browsers keep 4,096 with name and attributes
MOST_PROLONGED: Final = 11  # times the lifetime: WCAG 2.2, 2.2.1, "at least ten times"
PURPOSE: Final = "login 4"
"""The purpose of the seal, with the version of the format. A cookie of another version cannot be opened."""

_JUST_NOW: Final = 120  # seconds: a browser that comes back within them without any cookie refuses cookies
_TIME_BYTES, _RANDOM_BYTES = 5, 19

# The preset dictionary of deflate (RFC 1950 section 2.2, FDICT): text that most requests share, the most frequent
# last. A change here needs another version in PURPOSE.
_USUAL_TEXT = (
    b'{"entity_id": "https://", "consumer_url": "https://", "consumer_binding": '
    b'"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", "in_response_to": "_", "signed": true, "relay_state": "", '
    b'"force_authn": false, "passive": false, "name_id": "persistent", "encrypt_name_id": false, "may_create": true, '
    b'"classes": [], "until": false}, "select_account": true, "max_age": 3600, "voluntary_assurance": "two-factors", '
    b'"essential_assurance": "card", "expected_subjects": ["], "userinfo_claims": {"essential": true}, '
    b'"id_token_claims": {"acr": {"values": ["urn:oasis:names:tc:SAML:2.0:ac:classes:"}, "login_hint": "", '
    b'"languages": ["fr", "en"], "passive": true, "force_authn": true}{"client_id": "", "redirect_uri": "https://'
    b'/callback", "scope": "openid profile email", "state": "", "nonce": "", "code_challenge": ""}'
)


class StartAgainReason(StrEnum):
    """Why a login must start again; the page shows the reason (`StartAgainPage`)."""

    EXPIRED = "expired"
    USED = "used"
    OTHER_BROWSER = "other-browser"
    NO_COOKIES = "no-cookies"


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogin:
    """A login that waits for a person. Times are seconds since 1970.

    `request` is the parsed request (`LoginRequest.serialized`), for the login protocol `protocol` to reload.
    `confirmed_sid` is the session whose person has confirmed their identity, `declined_sid` the session whose person
    goes on without the voluntary assurance (`LoginRequest.voluntary_assurance`).
    """

    identifier: str
    protocol: str
    request: str = field(repr=False)
    received_at: float
    expires_at: float
    confirmed_sid: str = ""
    declined_sid: str = ""

    @property
    def began_at(self) -> datetime:
        return datetime.fromtimestamp(self.received_at, UTC)

    @property
    def minutes_left(self) -> int:
        return max(ceil((self.expires_at - time.time()) / 60), 1)

    @property
    def flow_id(self) -> str:
        """The identifier of this login flow, which each factor achieved in it keeps (`Factor.flow_id`)."""
        return flow_id_of(self.identifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A pending login with the value of its cookie."""

    pending: PendingLogin
    cookie: str = field(repr=False)


def application_of(identifier: str) -> str:
    """The application's identifier in a pending login's identifier, unverified."""
    return identifier.partition(":")[0]


def flow_id_of(identifier: str) -> str:
    """The login flow of a pending login, from its identifier: a digest, which can be stored with the session."""
    return fingerprint(identifier)[:32]


class PendingLogins:
    """The pending logins."""

    def __init__(
        self, store: Store, throttle: Throttle, cookies: SealedCookies, *, lifetime: timedelta, most_per_prefix: int
    ) -> None:
        """`most_per_prefix`: how many requests too large for a cookie are stored for one network."""
        self._store = store
        self._throttle = throttle
        self._cookies = cookies
        self._lifetime = lifetime
        self._longest = lifetime * MOST_PROLONGED
        self._most_per_prefix = most_per_prefix

    def begin(self, request: LoginRequest, *, address: str) -> Sealed | RetryAfter:
        """Begin a login for `request`. `address` is the client's address, for the limit on large requests."""
        application = request.application.identifier if request.application else ""
        pending = PendingLogin(
            identifier=f"{application}:{_new_token()}",
            protocol=request.protocol,
            request=request.serialized(),
            received_at=request.received_at.timestamp(),
            expires_at=time.time() + self._lifetime.total_seconds(),
        )
        content = _serialized(pending)
        if len(content) > LARGEST_CONTENT and (wait := self.count_one("large-logins", address=address)):
            return wait
        return self._sealed(pending, content)

    def count_one(self, kind: str, *, address: str) -> RetryAfter | None:
        """Count a record that a request stores in Redis for the time of a login, or return how long to wait."""
        _, prefix = places(address)
        return self._throttle.allow(kind, prefix, limit=self._most_per_prefix, window=self._lifetime)

    def find(self, identifier: str, cookie: str | None, *, has_cookies: bool) -> PendingLogin | StartAgainReason:
        """The pending login, if `cookie` holds it and it can continue; otherwise why it must start again.

        `has_cookies`: whether the browser sent any cookie at all.
        """
        content = self._cookies.open(cookie, bound_to=identifier)
        answered, kept = self._store.get_many(
            (IdpRecord.ANSWERED, fingerprint(identifier)), (IdpRecord.PENDING, fingerprint(identifier))
        )
        if answered is not None:
            return StartAgainReason.USED
        if content is None:
            return self._start_again_reason(identifier, has_cookies=has_cookies)
        if not content:
            if kept is None:
                return StartAgainReason.EXPIRED
            content = base64.b64decode(kept["content"])
        pending = _read(identifier, content)
        return StartAgainReason.EXPIRED if pending.expires_at <= time.time() else pending

    def confirm_identity(self, pending: PendingLogin, sid: str) -> Sealed:
        """The pending login after the person of the session `sid` has confirmed their identity."""
        return self._changed(pending, confirmed_sid=sid)

    def decline_assurance(self, pending: PendingLogin, sid: str) -> Sealed:
        """The pending login after the person of the session `sid` has chosen to go on without voluntary assurance."""
        return self._changed(pending, declined_sid=sid)

    def prolong(self, pending: PendingLogin) -> Sealed:
        """The pending login with its whole lifetime again (WCAG 2.2.1), as often as `MOST_PROLONGED` allows."""
        until = min(time.time() + self._lifetime.total_seconds(), self._ends_at(pending))
        return self._changed(pending, expires_at=max(until, pending.expires_at))

    def mark_answered(self, pending: PendingLogin) -> bool:
        """Mark the login as answered; False when it was already. Of several simultaneous calls one gets True."""
        lifetime = timedelta(seconds=max(self._ends_at(pending) - time.time(), 1))
        return self._store.add_once(IdpRecord.ANSWERED, fingerprint(pending.identifier), lifetime=lifetime)

    def reopen(self, pending: PendingLogin) -> None:
        """Remove the mark of an answer that could not be sent: the login continues."""
        self._store.delete((IdpRecord.ANSWERED, fingerprint(pending.identifier)))

    def _ends_at(self, pending: PendingLogin) -> float:
        """When the login ends, however often it was prolonged: seconds since 1970."""
        return pending.received_at + self._longest.total_seconds()

    def _changed(self, pending: PendingLogin, **changes: Any) -> Sealed:
        changed = replace(pending, **changes)
        return self._sealed(changed, _serialized(changed))

    def _sealed(self, pending: PendingLogin, content: bytes) -> Sealed:
        """Seal the content for the cookie; if it is too large, store it in Redis and seal an empty content."""
        if len(content) > LARGEST_CONTENT:
            self._keep(pending, content)
            content = b""
        lifetime = timedelta(seconds=max(self._ends_at(pending) - time.time(), 1))
        cookie = self._cookies.seal(content, lifetime=lifetime, bound_to=pending.identifier)
        return Sealed(pending=pending, cookie=cookie)

    def _keep(self, pending: PendingLogin, content: bytes) -> None:
        record = {"content": base64.b64encode(content).decode("ascii")}
        lifetime = timedelta(seconds=max(pending.expires_at - time.time(), 1))
        self._store.put(IdpRecord.PENDING, fingerprint(pending.identifier), record, lifetime=lifetime)

    def _start_again_reason(self, identifier: str, *, has_cookies: bool) -> StartAgainReason:
        """Why a login without its cookie must start again, from the time in its identifier."""
        began_at = _begun_at(identifier)
        if began_at is None:
            return StartAgainReason.EXPIRED
        if not has_cookies and time.time() - began_at < _JUST_NOW:
            return StartAgainReason.NO_COOKIES
        return (
            StartAgainReason.EXPIRED
            if time.time() - began_at > self._lifetime.total_seconds()
            else StartAgainReason.OTHER_BROWSER
        )


def _new_token() -> str:
    """The present time, which is no secret, and 152 random bits."""
    content = int(time.time()).to_bytes(_TIME_BYTES, "big") + secrets.token_bytes(_RANDOM_BYTES)
    return base64.urlsafe_b64encode(content).decode("ascii")


def _begun_at(identifier: str) -> float | None:
    """The time in an identifier, unverified; None when the identifier is malformed."""
    token = identifier.partition(":")[2]
    try:
        content = base64.urlsafe_b64decode(token.encode("ascii"))
    except (binascii.Error, ValueError):
        return None
    return float(int.from_bytes(content[:_TIME_BYTES], "big")) if len(content) == _TIME_BYTES + _RANDOM_BYTES else None


def _serialized(pending: PendingLogin) -> bytes:
    """The content of a cookie, deflated (RFC 1951) with a preset dictionary, since requests share most words."""
    times = f"{pending.received_at:.3f}\n{pending.expires_at:.3f}"
    heading = f"{pending.protocol}\n{times}\n{pending.confirmed_sid}\n{pending.declined_sid}\n"
    deflate = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=_USUAL_TEXT)
    return deflate.compress((heading + pending.request).encode()) + deflate.flush()


def _read(identifier: str, content: bytes) -> PendingLogin:
    """The pending login that `_serialized` wrote. The seal guarantees that the content is ours."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS, zdict=_USUAL_TEXT)
    text = inflate.decompress(content, LONGEST_REQUEST).decode()
    protocol, received_at, expires_at, confirmed_sid, declined_sid, request = text.split("\n", 5)
    return PendingLogin(
        identifier=identifier,
        protocol=protocol,
        request=request,
        received_at=float(received_at),
        expires_at=float(expires_at),
        confirmed_sid=confirmed_sid,
        declined_sid=declined_sid,
    )
