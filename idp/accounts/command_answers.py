"""What the commands about accounts answer: an account in JSON, and each problem as words and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from config.commands import ExitCode, stop
from config.mail import LetterRefused
from config.redis.store import StoreUnavailable
from config.sql.database import DatabaseUnavailable
from idp.accounts.accounts import Standing
from idp.accounts.errors import AccountProblems, LoginTaken, NationalIdentifierTaken, NoSuchAccount


def as_json(standing: Standing) -> dict[str, Any]:
    return {
        "login": standing.login,
        "account_id": standing.account_id,
        "given_name": standing.given_name,
        "family_name": standing.family_name,
        "email": standing.email,
        "email_verified": standing.email_verified,
        "profession": standing.profession,
        "national_id": standing.national_id,
        "national_id_proof": standing.national_id_proof,
        "language": standing.language,
        "disabled": standing.disabled,
        "created_at": instant(standing.created_at),
        "valid_from": instant(standing.valid_from),
        "password_set_at": instant(standing.password_set_at),
        "must_change_password": standing.must_change,
        "applications": sorted(standing.entitlements),
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
    except (LoginTaken, NationalIdentifierTaken) as wrong:
        stop(ExitCode.CONFLICT, wrong.code, f"{wrong} belongs to another account.", in_json=in_json)
    except (DatabaseUnavailable, StoreUnavailable) as wrong:
        stop(ExitCode.UNAVAILABLE, "unavailable", f"{wrong}: try again", in_json=in_json)
