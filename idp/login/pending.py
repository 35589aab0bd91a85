"""Logins begun and not finished: each is kept by the browser that began it, sealed, in a cookie of its own address.

Nothing is kept here for a login that is only begun, however many a stranger begins
(docs/decisions/a-login-begun-is-kept-by-its-browser.md). It is answered once, by a
mark that is made in Redis with the answer and lasts as long as the login could.
A request too large for a cookie is the exception: it is kept in Redis, and counted.

The address names the application, so that the way back is known even without the cookie.
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

LONGEST_REQUEST: Final = 32_768  # octets: more than either protocol lets a request be
LARGEST_CONTENT: Final = 2_500  # octets: some 3,430 characters sealed; browsers keep 4,096 with name and attributes
MOST_PROLONGED: Final = 11  # times the lifetime: WCAG 2.2, 2.2.1, "at least ten times"
PURPOSE: Final = "login 2"
"""The format of a sealed login and its version. A cookie of another version does not open: the login begins again."""

_JUST_NOW: Final = 120  # seconds: a browser that comes back so soon without any cookie has refused them
_TIME_BYTES, _RANDOM_BYTES = 5, 19

# The text that most requests share, for deflate (RFC 1950 section 2.2, FDICT); the most usual comes last.
# A change here is another version of PURPOSE.
_USUAL_TEXT = (
    b'{"entity_id": "https://", "consumer_url": "https://", "consumer_binding": '
    b'"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", "in_response_to": "_", "signed": true, "relay_state": "", '
    b'"force_authn": false, "passive": false, "name_id": "persistent", "encrypt_name_id": false, "may_create": true, '
    b'"classes": [], "until": false}, "select_account": true, "max_age": 3600, "wished_assurance": "two-factors", '
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

    `confirmed_sid` is the `sid` of the session whose person has said: this is me.
    """

    identifier: str
    protocol: str
    request: str = field(repr=False)
    received_at: float
    expires_at: float
    confirmed_sid: str = ""

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
    """A pending login with the cookie that its browser is to keep."""

    pending: PendingLogin
    cookie: str = field(repr=False)


def application_named_in(identifier: str) -> str:
    """The identifier of the application in a pending login's address, whatever has become of the login."""
    return identifier.partition(":")[0]


def flow_id_of(identifier: str) -> str:
    """What is kept of a pending login's identifier with a session that was opened in it."""
    return fingerprint(identifier)[:32]


class PendingLogins:
    """The logins begun and not finished."""

    def __init__(
        self, store: Store, throttle: Throttle, cookies: SealedCookies, *, lifetime: timedelta, most_per_prefix: int
    ) -> None:
        """`most_per_prefix`: how many a network may have us keep, of those that a cookie cannot hold."""
        self._store = store
        self._throttle = throttle
        self._cookies = cookies
        self._lifetime = lifetime
        self._longest = lifetime * MOST_PROLONGED
        self._most_per_prefix = most_per_prefix

    def begin(self, request: LoginRequest, *, address: str) -> Sealed | RetryAfter:
        """A login for `request`, to be kept by the browser that made it; `address` is where that browser is."""
        application = request.application.identifier if request.application else ""
        pending = PendingLogin(
            identifier=f"{application}:{_new_token()}",
            protocol=request.protocol,
            request=request.serialized(),
            received_at=request.received_at.timestamp(),
            expires_at=time.time() + self._lifetime.total_seconds(),
        )
        content = _written(pending)
        if len(content) > LARGEST_CONTENT and (wait := self.count_one("large-logins", address=address)):
            return wait
        return self._sealed(pending, content)

    def count_one(self, what: str, *, address: str) -> RetryAfter | None:
        """Count what a stranger's request leaves in Redis for as long as a login; or say how long to wait."""
        _, prefix = places(address)
        return self._throttle.allow(what, prefix, limit=self._most_per_prefix, window=self._lifetime)

    def find(self, identifier: str, cookie: str | None, *, has_cookies: bool) -> PendingLogin | StartAgainReason:
        """The login of this address, if the browser that asks is the one that keeps it and may go on with it.

        `has_cookies`: whether it sent any cookie at all.
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
        """Remember that the person of the session `sid` said: this is me."""
        return self._changed(pending, confirmed_sid=sid)

    def prolong(self, pending: PendingLogin) -> Sealed:
        """Give the person the whole time again (WCAG 2.2.1), within what the mark of an answer outlasts."""
        until = min(time.time() + self._lifetime.total_seconds(), self._ends_at(pending))
        return self._changed(pending, expires_at=max(until, pending.expires_at))

    def mark_answered(self, pending: PendingLogin) -> bool:
        """Mark the login as answered; False when it was already. Of several simultaneous calls one gets True."""
        lifetime = timedelta(seconds=max(self._ends_at(pending) - time.time(), 1))
        return self._store.add_once(IdpRecord.ANSWERED, fingerprint(pending.identifier), lifetime=lifetime)

    def reopen(self, pending: PendingLogin) -> None:
        """Remove the mark of an answer that could not be given: the login goes on."""
        self._store.delete((IdpRecord.ANSWERED, fingerprint(pending.identifier)))

    def _ends_at(self, pending: PendingLogin) -> float:
        """When no cookie of this login opens any more, however often it was prolonged."""
        return pending.received_at + self._longest.total_seconds()

    def _changed(self, pending: PendingLogin, **changes: Any) -> Sealed:
        changed = replace(pending, **changes)
        return self._sealed(changed, _written(changed))

    def _sealed(self, pending: PendingLogin, content: bytes) -> Sealed:
        """Content too large for a cookie is kept here, and the cookie is empty."""
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
        """From what the address says of itself: nothing is known of a login whose cookie is not there."""
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
    """When it began, which is no secret, and 152 random bits."""
    content = int(time.time()).to_bytes(_TIME_BYTES, "big") + secrets.token_bytes(_RANDOM_BYTES)
    return base64.urlsafe_b64encode(content).decode("ascii")


def _begun_at(identifier: str) -> float | None:
    """When an address was made, as it says itself; None for one that is none of ours."""
    token = identifier.partition(":")[2]
    try:
        content = base64.urlsafe_b64decode(token.encode("ascii"))
    except (binascii.Error, ValueError):
        return None
    return float(int.from_bytes(content[:_TIME_BYTES], "big")) if len(content) == _TIME_BYTES + _RANDOM_BYTES else None


def _written(pending: PendingLogin) -> bytes:
    """What a cookie holds, deflated (RFC 1951): a request is mostly words that every request has."""
    heading = f"{pending.protocol}\n{pending.received_at:.3f}\n{pending.expires_at:.3f}\n{pending.confirmed_sid}\n"
    deflate = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=_USUAL_TEXT)
    return deflate.compress((heading + pending.request).encode()) + deflate.flush()


def _read(identifier: str, content: bytes) -> PendingLogin:
    """What `_written` gave: sealed by us, so it is not questioned."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS, zdict=_USUAL_TEXT)
    text = inflate.decompress(content, LONGEST_REQUEST).decode()
    protocol, received_at, expires_at, confirmed_sid, request = text.split("\n", 4)
    return PendingLogin(
        identifier=identifier,
        protocol=protocol,
        request=request,
        received_at=float(received_at),
        expires_at=float(expires_at),
        confirmed_sid=confirmed_sid,
    )
