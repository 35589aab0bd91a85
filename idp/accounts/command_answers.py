"""What the commands about accounts answer: an account in JSON, and each problem as words and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from config.commands import ExitCode, stop
from config.mail import LetterRefused
from config.redis.store import StoreUnavailable
from config.sql.database import DatabaseUnavailable
from idp.accounts.accounts import AccountSnapshot
from idp.accounts.errors import AccountProblems, NationalIdentifierTaken, NoSuchAccount, UsernameTaken


def as_json(snapshot: AccountSnapshot) -> dict[str, Any]:
    return {
        "login": snapshot.login,
        "account_id": snapshot.account_id,
        "given_name": snapshot.given_name,
        "family_name": snapshot.family_name,
        "email": snapshot.email,
        "email_verified": snapshot.email_verified,
        "profession": snapshot.profession,
        "national_id": snapshot.national_id,
        "national_id_proof": snapshot.national_id_proof,
        "language": snapshot.language,
        "disabled": snapshot.disabled,
        "created_at": instant(snapshot.created_at),
        "valid_from": instant(snapshot.valid_from),
        "password_set_at": instant(snapshot.password_set_at),
        "must_change_password": snapshot.must_change,
        "applications": sorted(snapshot.entitlements),
    }


def instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")


@contextmanager
def problems_told(*, in_json: bool) -> Iterator[None]:
    """The one place that turns what went wrong into words and an exit code."""
    try:
        yield
    except AccountProblems as wrong:
        stop(ExitCode.REFUSED, wrong.code, wrong.problems, in_json=in_json, problems=wrong.problems)
    except LetterRefused as wrong:
        stop(ExitCode.REFUSED, "letter.refused", f"No message can be sent: {wrong}", in_json=in_json)
    except NoSuchAccount as wrong:
        stop(ExitCode.NOT_FOUND, wrong.code, f"No account has the login {wrong}.", in_json=in_json)
    except (UsernameTaken, NationalIdentifierTaken) as wrong:
        stop(ExitCode.CONFLICT, wrong.code, f"{wrong} belongs to another account.", in_json=in_json)
    except (DatabaseUnavailable, StoreUnavailable) as wrong:
        stop(ExitCode.UNAVAILABLE, "unavailable", f"{wrong}: try again", in_json=in_json)
