"""Reports the errors that commands on relying parties have in common, with their exit codes."""

from collections.abc import Iterator
from contextlib import contextmanager

from config.commands import ExitCode, stop
from config.sql.database import DatabaseUnavailable
from relying_parties.problems import RegistrationProblems


@contextmanager
def registration_errors_as_exit_codes(*, in_json: bool, error: str | None = None) -> Iterator[None]:
    """Turn a refused registration, or a database that does not answer, into a message and an exit code.

    `error` is the code of the JSON answer; by default it is that of RFC 7591 section 3.2.2.
    """
    try:
        yield
    except RegistrationProblems as wrong:
        problems = [{"field": each.field, "received": each.received, "change": each.change} for each in wrong.problems]
        sentences = [str(each) for each in wrong.problems]
        stop(ExitCode.REFUSED, error or wrong.error, sentences, in_json=in_json, problems=problems)
    except DatabaseUnavailable as wrong:
        stop(ExitCode.UNAVAILABLE, "unavailable", f"{wrong}: nothing was changed; try again", in_json=in_json)
