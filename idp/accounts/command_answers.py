"""What the commands about accounts, cards, communities and operators answer: an account in words or in JSON, and each
problem with an exit code.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from config.commands import ExitCode, echo, json_time, stop, write
from config.mail import LetterRefused
from config.redis.store import StoreUnavailable
from config.sql.database import DatabaseUnavailable
from idp.accounts.assignments import Assignment
from idp.accounts.attributes import ATTRIBUTES
from idp.accounts.errors import (
    AccountProblems,
    AccountsError,
    AdministratorExists,
    CardTaken,
    CommunityHasMembers,
    CommunityRefused,
    CommunityTaken,
    IdentifierTaken,
    NationalIdentifierTaken,
    NoSuchAccount,
    NoSuchCard,
    NoSuchCommunity,
    OperatorRoleRefused,
    UsernameTaken,
)
from idp.accounts.service import AccountService
from idp.accounts.snapshot import AccountSnapshot

_REPORTED: Final[Mapping[type[AccountsError], tuple[ExitCode, str]]] = {
    OperatorRoleRefused: (ExitCode.REFUSED, "{}"),
    NoSuchAccount: (ExitCode.NOT_FOUND, "No account has the login {}."),
    NoSuchCommunity: (ExitCode.NOT_FOUND, "No community has the name {}."),
    NoSuchCard: (
        ExitCode.NOT_FOUND,
        "The card {} was never presented here: its holder must present it at the login page first. "
        "`idp card list` shows the cards that were, each with its NUMBER first.",
    ),
    UsernameTaken: (ExitCode.CONFLICT, "{} belongs to another account."),
    IdentifierTaken: (ExitCode.CONFLICT, "{} belongs to another account."),
    NationalIdentifierTaken: (ExitCode.CONFLICT, "Another account has proved the national identifier {}."),
    CardTaken: (ExitCode.CONFLICT, "The card {} logs in to another account: end it first (idp card end)."),
    CommunityTaken: (ExitCode.CONFLICT, "There is already a community {}."),
    AdministratorExists: (
        ExitCode.CONFLICT,
        "There is an administrator already: see `idp operator list`; `idp operator grant` adds another.",
    ),
}
"""The exit code and the sentence of each error that has nothing but its text."""


def as_json(snapshot: AccountSnapshot) -> dict[str, Any]:
    return {
        "login": snapshot.login,
        "account_id": snapshot.account_id,
        **{name: getattr(snapshot, name) for name in ATTRIBUTES},
        "email_verified": snapshot.email_verified,
        "disabled": snapshot.disabled,
        "created_at": json_time(snapshot.created_at),
        "valid_from": json_time(snapshot.valid_from),
        "password_set_at": json_time(snapshot.password_set_at),
        "must_change_password": snapshot.must_change,
        "conditions": None
        if snapshot.conditions is None
        else asdict(snapshot.conditions) | {"accepted_at": json_time(snapshot.conditions.accepted_at)},
        "entitlements": [
            {"application": application} | _assignment_as_json(held)
            for application, held in sorted(snapshot.entitlements.items())
        ],
        "memberships": [
            {"community": community} | _assignment_as_json(held)
            for community, held in sorted(snapshot.memberships.items())
        ],
    }


def _assignment_as_json(held: Assignment) -> dict[str, Any]:
    return {
        "role": held.role,
        "starts_at": json_time(held.starts_at),
        "ends_at": json_time(held.ends_at),
        "in_force": held.is_in_force(datetime.now(UTC)),
        "reason": held.reason,
        "granted_at": json_time(held.granted_at),
        "granted_by": held.granted_by,
    }


def described(held: Assignment, zone: ZoneInfo) -> str:
    """The terms in words that follow "jdupont can use dcc": ", as secretary, until 2026-12-31"."""
    words = [f"as {held.role}"] if held.role else []
    if held.starts_at > datetime.now(UTC):
        words.append(f"from {_moment(held.starts_at, zone)}")
    if held.ends_at is not None:
        words.append(f"until {_moment(held.ends_at, zone, is_end=True)}")
    return "".join(f", {each}" for each in words)


def _moment(at: datetime, zone: ZoneInfo, *, is_end: bool = False) -> str:
    """A day when `at` is where that day begins, or where it is over; an instant otherwise."""
    local = at.astimezone(zone)
    if local.time() != time():
        return local.isoformat(timespec="minutes")
    return (local.date() - timedelta(days=is_end)).isoformat()


def named_account(service: AccountService, login: str) -> AccountSnapshot:
    """The account that has this login.

    Raises:
        NoSuchAccount
    """
    snapshot = service.accounts.by_username(login)
    if snapshot is None:
        raise NoSuchAccount(login)
    return snapshot


def report(service: AccountService, login: str, message: str, *, done: bool, in_json: bool) -> None:
    """Print what a command did or, in JSON, the account as it is now."""
    if in_json:
        write(as_json(named_account(service, login)) | {"changed": done})
    else:
        echo(message)


@contextmanager
def report_errors(*, in_json: bool) -> Iterator[None]:
    """Turn the errors of a command into a message and an exit code."""
    try:
        yield
    except (AccountProblems, CommunityRefused) as wrong:
        stop(ExitCode.REFUSED, wrong.code, wrong.problems, in_json=in_json, problems=wrong.problems)
    except CommunityHasMembers as wrong:
        message = (
            f"The community {wrong} has {wrong.members} members: nothing is removed. To remove it with their "
            f"memberships: idp community remove {wrong} --members {wrong.members}"
        )
        stop(ExitCode.CONFLICT, wrong.code, message, in_json=in_json, members=wrong.members)
    except tuple(_REPORTED) as wrong:
        exit_code, sentence = _REPORTED[type(wrong)]
        stop(exit_code, wrong.code, sentence.format(wrong), in_json=in_json)
    except LetterRefused as wrong:
        stop(ExitCode.REFUSED, "letter.refused", f"No message can be sent: {wrong}", in_json=in_json)
    except (DatabaseUnavailable, StoreUnavailable) as wrong:
        stop(ExitCode.UNAVAILABLE, "unavailable", f"{wrong}: try again", in_json=in_json)
