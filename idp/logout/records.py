"""The logouts in progress, in Redis. Each has a random identifier, and is bound to one browser.

A logout has a record of its own, and one record for each target, since jobs and the browser change targets at the
same time.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from config.redis.store import Put, Store, fingerprint
from idp.logout.logout_request import RefusedReturn, ReturnPolicy, ReturnTo
from idp.logout.protocol import Outcome
from idp.record_kinds import IdpRecord
from idp.sessions.participation import Participation
from idp.sessions.session_cookie import parse_session_cookie

KEPT_FOR = timedelta(minutes=30)
ANSWERED_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutTarget:
    """An application that the session `sid` had opened, and the outcome for it so far."""

    number: str
    sid: str
    participation: Participation
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Logout:
    """A logout in progress. `identifier` is part of its address, and only one browser knows it.

    `ended` maps the sid of each session that ended to the fingerprint of its secret; `browser_sid` is the session of
    this browser. When an application ends further sessions of the same person, their targets are not shown here, and
    this browser is not sent to them. `initiator` is the application that requested the logout, as
    `protocol:identifier`. `browser` is the fingerprint of the browser that the logout is bound to.
    """

    identifier: str = field(repr=False)
    ended: Mapping[str, str] = field(default_factory=dict, repr=False)
    browser_sid: str = ""
    initiator: str | None
    return_to: ReturnTo | None
    refused_return: RefusedReturn | None = None
    languages: tuple[str, ...] = ()
    browser: str = ""
    answered: bool = False
    expires_at: float = 0.0
    targets: tuple[LogoutTarget, ...] = ()

    @property
    def path(self) -> str:
        return f"/logout/{self.identifier}"

    @property
    def browser_targets(self) -> tuple[LogoutTarget, ...]:
        """The targets of this browser's session."""
        return tuple(target for target in self.targets if target.sid == self.browser_sid)

    def belongs_to(self, browser: str) -> bool:
        return bool(self.browser) and secrets.compare_digest(self.browser, fingerprint(browser))

    def first_with(self, outcome: Outcome) -> LogoutTarget | None:
        return next((target for target in self.targets if target.outcome is outcome), None)


def new_identifier() -> str:
    return secrets.token_urlsafe(24)


class Logouts:
    """The logouts in progress."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save(self, logout: Logout) -> None:
        """Write a new logout and its targets."""
        key = fingerprint(logout.identifier)
        record = Put(kind=IdpRecord.LOGOUT, identifier=key, value=_record(logout), lifetime=KEPT_FOR)
        self._store.put_all([record, *(_target_put(key, target) for target in logout.targets)])

    def find(self, identifier: str) -> Logout | None:
        key = fingerprint(identifier)
        record = self._store.get(IdpRecord.LOGOUT, key)
        return None if record is None else replace(_logout(identifier, record), targets=self.targets(identifier))

    def targets(self, identifier: str) -> tuple[LogoutTarget, ...]:
        """The current targets of a logout, in the order in which the applications were opened."""
        fields = self._store.fields(IdpRecord.LOGOUT_TARGET, fingerprint(identifier))
        return tuple(_target(number, fields[number]) for number in sorted(fields, key=int))

    def reload(self, logout: Logout) -> Logout:
        """The logout with its current targets."""
        return replace(logout, targets=self.targets(logout.identifier))

    def claim(self, logout: Logout, browser: str, cookie: str | None) -> bool:
        """Bind the logout to `browser`, and to its session when `cookie` opens one of those that ended.

        False when another browser claimed it first.
        """
        named = parse_session_cookie(cookie)
        opens = named is not None and logout.ended.get(named.sid) == named.secret_fingerprint
        browser_sid = named.sid if named is not None and opens else ""
        return self._replace(logout, replace(logout, browser=fingerprint(browser), browser_sid=browser_sid))

    def mark_answered(self, logout: Logout) -> bool:
        """Mark the initiator as answered. Of several simultaneous calls one gets True."""
        return self._replace(logout, replace(logout, answered=True))

    def _replace(self, logout: Logout, changed: Logout) -> bool:
        old = _record(logout) | {"expires_at": logout.expires_at}
        return self._store.replace(IdpRecord.LOGOUT, fingerprint(logout.identifier), old, _record(changed))

    def save_outcome(self, key: str, target: LogoutTarget, outcome: Outcome) -> None:
        """Write the outcome for a target. `key` is the fingerprint of the logout's identifier."""
        put = _target_put(key, replace(target, outcome=outcome))
        self._store.put_all([put], while_exist=[(IdpRecord.LOGOUT, key)])

    # --- responses by front channel --------------------------------------------------------

    def await_response(self, message_id: str, logout: Logout, target: LogoutTarget) -> None:
        """Remember which target the request `message_id` was sent to."""
        value = {"logout": logout.identifier, "target": target.number, "identifier": target.participation.identifier}
        self._store.put(IdpRecord.LOGOUT_AWAITED, fingerprint(message_id), value, lifetime=ANSWERED_WITHIN)

    def take_awaited(self, message_id: str, *, by: str) -> tuple[Logout, LogoutTarget] | None:
        """The target that the application `by` responds for with this message, once; None when it is not awaited."""
        name = (IdpRecord.LOGOUT_AWAITED, fingerprint(message_id))
        awaited = self._store.get(*name)
        if awaited is None or awaited["identifier"] != by or self._store.take(*name) is None:
            return None
        logout = self.find(awaited["logout"])
        targets = logout.targets if logout else ()
        target = next((each for each in targets if each.number == awaited["target"]), None)
        return (logout, target) if logout and target else None


def participation_record(participation: Participation) -> dict[str, Any]:
    return {
        "identifier": participation.identifier,
        "protocol": participation.protocol,
        "first_used": participation.first_used.timestamp(),
        "detail": dict(participation.detail),
    }


def participation_of(record: Mapping[str, Any]) -> Participation:
    return Participation(
        identifier=record["identifier"],
        protocol=record["protocol"],
        first_used=datetime.fromtimestamp(record["first_used"], UTC),
        detail=record["detail"],
    )


def numbered(participations: Sequence[tuple[str, Participation, Outcome]]) -> tuple[LogoutTarget, ...]:
    """A target for each application that one of the sessions (by sid) had opened."""
    return tuple(
        LogoutTarget(number=str(number), sid=sid, participation=participation, outcome=outcome)
        for number, (sid, participation, outcome) in enumerate(participations)
    )


def _target_put(key: str, target: LogoutTarget) -> Put:
    value = participation_record(target.participation) | {"sid": target.sid, "outcome": target.outcome.value}
    return Put(kind=IdpRecord.LOGOUT_TARGET, identifier=key, field=target.number, value=value, lifetime=KEPT_FOR)


def _target(number: str, record: Mapping[str, Any]) -> LogoutTarget:
    return LogoutTarget(
        number=number, sid=record["sid"], participation=participation_of(record), outcome=Outcome(record["outcome"])
    )


def _record(logout: Logout) -> dict[str, Any]:
    return {
        "ended": dict(logout.ended),
        "browser_sid": logout.browser_sid,
        "initiator": logout.initiator,
        "return_to": asdict(logout.return_to) if logout.return_to else None,
        "languages": list(logout.languages),
        "browser": logout.browser,
        "answered": logout.answered,
    } | ({"refused_return": asdict(logout.refused_return)} if logout.refused_return else {})


def _logout(identifier: str, record: Mapping[str, Any]) -> Logout:
    return_to = record["return_to"]
    return Logout(
        identifier=identifier,
        ended=record["ended"],
        browser_sid=record["browser_sid"],
        initiator=record["initiator"],
        return_to=ReturnTo(**(return_to | {"policy": ReturnPolicy(return_to["policy"])})) if return_to else None,
        refused_return=RefusedReturn(**record["refused_return"]) if "refused_return" in record else None,
        languages=tuple(record["languages"]),
        browser=record["browser"],
        answered=record["answered"],
        expires_at=record["expires_at"],
    )
