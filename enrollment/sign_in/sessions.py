"""Sign-ins under way, and sessions of people who are signed in: the browser holds a secret, Redis its fingerprint."""

import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from config.redis.store import Put, Store, fingerprint
from enrollment.record_kinds import EnrollmentRecord
from enrollment.sign_in.person import SignedInPerson
from enrollment.sign_in.provider import CLOCK_SKEW, OLDEST_LOGOUT_TOKEN, LogoutNotice, SignIn

SIGN_IN_LIFETIME: Final = timedelta(minutes=30)
RENEWED_EVERY: Final = 60.0  # seconds: how often the use of a session is written


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSignIn:
    """A sign-in that was begun: the values that the answer must match, and the page to go on to."""

    state: str
    nonce: str
    verifier: str
    browser: str
    then: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInSession:
    """A session. `key` names its record; it is no secret that opens it."""

    key: str
    person: SignedInPerson
    id_token: str


class SignIns:
    """Sign-ins and sessions in the store. Any method may raise StoreUnavailable."""

    def __init__(self, store: Store, *, idle: timedelta, absolute: timedelta) -> None:
        self._store = store
        self._idle = idle
        self._absolute = absolute

    # --- sign-ins under way ----------------------------------------------------------

    def begin(self, then: str, *, browser: str) -> PendingSignIn:
        """Keep a new sign-in. Only `browser`, the identifier in its cookie, can complete it."""
        pending = PendingSignIn(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            browser=browser,
            then=then,
        )
        record = {
            "nonce": pending.nonce,
            "verifier": pending.verifier,
            "browser": fingerprint(pending.browser),
            "then": then,
        }
        self._store.put(EnrollmentRecord.SIGN_IN, fingerprint(pending.state), record, lifetime=SIGN_IN_LIFETIME)
        return pending

    def take(self, state: str, *, browser: str | None) -> PendingSignIn | None:
        """The sign-in of `state`, once, and only in the browser that began it."""
        record = self._store.get(EnrollmentRecord.SIGN_IN, fingerprint(state))
        if record is None or browser is None or record["browser"] != fingerprint(browser):
            return None
        record = self._store.take(EnrollmentRecord.SIGN_IN, fingerprint(state))
        if record is None:
            return None
        return PendingSignIn(
            state=state, nonce=record["nonce"], verifier=record["verifier"], browser=browser, then=record["then"]
        )

    # --- sessions --------------------------------------------------------------------

    def open(self, sign_in: SignIn) -> str | None:
        """Open a session; the value for the browser's cookie, or None when a logout of it has come meanwhile."""
        secret = secrets.token_urlsafe(32)
        key, now = fingerprint(secret), time.time()
        record = {
            "person": sign_in.person.as_record(),
            "id_token": sign_in.id_token,
            "began_at": now,
            "used_at": now,
        }
        person = sign_in.person
        names = (_of_session(person.sid), _of_subject(person.subject))
        index = [
            Put(
                kind=EnrollmentRecord.SESSIONS_OF,
                identifier=name,
                field=key,
                value={"issued_at": sign_in.issued_at},
                lifetime=self._absolute,
            )
            for name in names
        ]
        opened = Put(kind=EnrollmentRecord.OPERATOR_SESSION, identifier=key, value=record, lifetime=self._idle)
        self._store.put_all([opened, *index])
        # Looked up after the session is written: a logout that comes later finds the session, an earlier one is found.
        logouts = self._store.get_many(*((EnrollmentRecord.LOGGED_OUT, name) for name in names))
        if any(logout is not None and logout["at"] >= sign_in.issued_at for logout in logouts):
            self._store.delete((EnrollmentRecord.OPERATOR_SESSION, key))
            return None
        return secret

    def find(self, secret: str | None) -> SignedInSession | None:
        """The session of a cookie, unless it was unused for too long, is too old, or was ended."""
        if not secret:
            return None
        key = fingerprint(secret)
        record = self._store.get(EnrollmentRecord.OPERATOR_SESSION, key)
        now = time.time()
        if record is None or now - record["began_at"] > self._absolute.total_seconds():
            return None
        if now - record["used_at"] > RENEWED_EVERY:
            # Compare-and-set: a logout that comes meanwhile is not undone.
            self._store.replace(
                EnrollmentRecord.OPERATOR_SESSION, key, record, record | {"used_at": now}, lifetime=self._idle
            )
        return SignedInSession(key=key, person=SignedInPerson.of_record(record["person"]), id_token=record["id_token"])

    def end(self, session: SignedInSession) -> None:
        self._store.delete((EnrollmentRecord.OPERATOR_SESSION, session.key))

    def end_named(self, notice: LogoutNotice) -> int:
        """End the sessions that a logout token names, once; how many it named (Back-Channel Logout 1.0, 2.7).

        The token counts as used once they have ended: one that is sent again after a failure is not taken for a replay.
        """
        remembered = timedelta(seconds=OLDEST_LOGOUT_TOKEN + CLOCK_SKEW)
        if self._store.get(EnrollmentRecord.LOGOUT_TOKEN, fingerprint(notice.jti)) is not None:
            return 0
        logged_out = _of_session(notice.sid) if notice.sid else _of_subject(notice.subject or "")
        former = self._store.get(EnrollmentRecord.LOGGED_OUT, logged_out)
        ended_at = notice.issued_at if notice.happened_at is None else notice.happened_at
        latest = max(ended_at, former["at"] if former is not None else 0)  # an earlier one may be sent again
        self._store.put(EnrollmentRecord.LOGGED_OUT, logged_out, {"at": latest}, lifetime=SIGN_IN_LIFETIME)
        named = [
            {
                key
                for key, found in self._store.fields(EnrollmentRecord.SESSIONS_OF, identifier).items()
                if notice.happened_at is None or found["issued_at"] <= notice.happened_at
            }
            for identifier in (
                _of_session(notice.sid) if notice.sid else None,
                _of_subject(notice.subject) if notice.subject else None,
            )
            if identifier
        ]
        keys = set.intersection(*named)
        self._store.delete(*((EnrollmentRecord.OPERATOR_SESSION, key) for key in keys))
        self._store.put(EnrollmentRecord.LOGOUT_TOKEN, fingerprint(notice.jti), {}, lifetime=remembered)
        return len(keys)


def _of_session(sid: str) -> str:
    return f"sid-{fingerprint(sid)}"


def _of_subject(subject: str) -> str:
    return f"sub-{fingerprint(subject)}"
