"""A service's `audit` commands: read the trail, prove it, keep a copy elsewhere, erase and prune.

click's `obj` lends the settings and the database (`LendsDatabase`), so that
`--help` opens nothing.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import click

from config.actor import Actor
from config.audit.chain import DerivedSeals, TrailBroken, newest_checkpoint, seal
from config.audit.checkpoint import CheckpointUnreadable, KeptCheckpoint
from config.audit.erasure import LinesFound, erase_personal, lines_to_erase, lines_to_prune, prune
from config.audit.query import AuditFilter, AuditLine, every_line, page_of
from config.audit.triggers import missing_rules, restore_rules
from config.audit.verification import Broken, Intact
from config.audit.verification import verify as verify_trail
from config.audit.vocabulary import AuditKind
from config.commands import ExitCode, LendsDatabase, echo, is_confirmed, stop, write_line
from config.encryption import EncryptionError, KeyEncryption
from config.sql.database import DatabaseUnavailable

LARGEST_CHECKPOINT = 4_096  # octets

Function = TypeVar("Function", bound=Callable[..., Any])

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE:d}  done; for verify: every sealed line is as it was written
  {ExitCode.REFUSED:d}  refused; for verify: the trail was altered, or the key-encryption key is not there to tell
  {ExitCode.USAGE:d}  wrong usage
  {ExitCode.UNAVAILABLE:d}  the database does not answer"""


class Instant(click.ParamType[datetime]):
    """`2026-03-01` or `2026-03-01T14:30:00`, which are UTC, or with an offset."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail("must be such as 2026-03-01 or 2026-03-01T14:30:00+01:00", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def audit_commands(vocabulary: Iterable[AuditKind]) -> click.Group:
    """The group `audit` of a service whose trail has the words of `vocabulary`."""
    group = click.Group("audit", help="The audit trail: who did what to whom.", epilog=EXIT_CODES)
    for command in (verify, checkpoint, restore_missing_rules, erase, prune_lines):
        group.add_command(command)
    filters = _filters(vocabulary)

    @group.command("list", epilog=EXIT_CODES)
    @filters
    @click.option(
        "--before", type=click.IntRange(min=1), help="Lines older than the one with this number (the next page)."
    )
    @click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many lines.")
    @click.option("--json", "in_json", is_flag=True, help="Answer in JSON, one object a line.")
    @click.pass_obj
    def list_lines(
        installation: LendsDatabase, /, *, before: int | None, limit: int, in_json: bool, **sought: Any
    ) -> None:
        """Show lines, newest first."""
        with _problems_told():
            page = page_of(installation.database, AuditFilter(**sought), before=before, limit=limit)
        for line in page.lines:
            if in_json:
                write_line(line.as_json())
            else:
                echo(_said(line))
        if page.next_before is not None:
            echo(f"More: --before {page.next_before}", err=True)

    @group.command(epilog=EXIT_CODES)
    @click.argument("file", type=click.File("w", encoding="utf-8", lazy=False), default="-")
    @filters
    @click.pass_obj
    def export(installation: LendsDatabase, /, file: Any, **sought: Any) -> None:
        """Write lines to FILE (or standard output) as JSON, one object a line, oldest first."""
        with _problems_told():
            for line in every_line(installation.database, AuditFilter(**sought)):
                write_line(line.as_json(), file=file)

    return group


def _filters(vocabulary: Iterable[AuditKind]) -> Callable[[Function], Function]:
    """The options that say which lines are wanted: those that are all of what is given."""
    words = {kind.value: kind for kind in vocabulary}

    def as_kind(_context: click.Context, _option: click.Parameter, word: str | None) -> AuditKind | None:
        return words[word] if word else None

    def decorated(function: Function) -> Function:
        for option in (
            click.option("--until", type=Instant(), help="Lines before this instant."),
            click.option("--since", type=Instant(), help="Lines from this instant on."),
            click.option("--login", help="Lines that name this login."),
            click.option("--application", help="Lines of this application, by its client_id."),
            click.option("--account", help="Lines of this account, by its id."),
            click.option("--kind", type=click.Choice(list(words)), callback=as_kind, help="Lines of this kind."),
        ):
            function = option(function)
        return function

    return decorated


@click.command(epilog=EXIT_CODES)
@click.option(
    "--checkpoint",
    "kept_in",
    type=click.File("rb"),
    metavar="FILE",
    help="A checkpoint kept elsewhere (`audit checkpoint`), that the trail must still hold; - is standard input.",
)
@click.option("--json", "in_json", is_flag=True, help="Answer in JSON.")
@click.pass_obj
def verify(installation: LendsDatabase, *, kept_in: Any, in_json: bool) -> None:
    """Read the whole trail again and say whether anything was altered, emptied, removed, put in or moved.

    That the newest lines, or all of them, were taken away shows only beside a
    checkpoint kept elsewhere.
    """
    with _problems_told():
        seals = _seals(installation)
        kept = KeptCheckpoint.read(kept_in.read(LARGEST_CHECKPOINT), seals) if kept_in else None
        found = verify_trail(installation.database, seals, kept=(kept.position, kept.digest) if kept else None)
        missing = missing_rules(installation.database)
    is_broken = isinstance(found, Broken)
    if in_json:
        write_line({"intact": not is_broken and not missing} | asdict(found) | {"missing_rules": missing})
    else:
        _tell_verified(found, missing)
    sys.exit(ExitCode.REFUSED if is_broken or missing else ExitCode.DONE)


@click.command(epilog=EXIT_CODES)
@click.pass_obj
def checkpoint(installation: LendsDatabase) -> None:
    """Seal what is not sealed yet, and print the newest checkpoint: one line, to be kept on another machine.

    `audit verify --checkpoint FILE` later proves that nothing before it was taken away.
    """
    with _problems_told():
        seals = _seals(installation)
        seal(installation.database, seals)
        newest = newest_checkpoint(installation.database)
    if newest is None:
        stop(ExitCode.REFUSED, "empty", "The trail is empty: there is no checkpoint yet.")
    echo(KeptCheckpoint.of(newest).written())


@click.command("restore-rules", epilog=EXIT_CODES)
@click.pass_obj
def restore_missing_rules(installation: LendsDatabase) -> None:
    """Put back the database's rules (triggers) that let nobody alter the trail, where they are missing or altered."""
    with _problems_told():
        restored = restore_rules(installation.database, actor=Actor.command_line())
    echo(f"Put back: {', '.join(restored)}." if restored else "Every rule is in place.")


def _unattended(function: Function) -> Function:
    return click.option("--yes", "is_unattended", is_flag=True, help="Do not ask.")(function)


@click.command(epilog=EXIT_CODES)
@click.option("--before", type=Instant(), help="In lines older than this; left out, in all that may be erased.")
@_unattended
@click.pass_obj
def erase(installation: LendsDatabase, before: datetime | None, *, is_unattended: bool) -> None:
    """Empty login, address and agent in sealed lines; a signed record keeps the trail provable.

    Nothing younger than the setting `audit_personal_retention` is erased.
    """
    before = _old_enough(before, installation.settings.audit_personal_retention, "audit_personal_retention")
    with _problems_told():
        found = lines_to_erase(installation.database, before=before)
        _confirm(found, "lose their login, address and agent for good", is_unattended=is_unattended)
        erased = erase_personal(installation.database, _seals(installation), before=before, actor=Actor.command_line())
    echo(f"Login, address and agent are erased from {erased} lines.")


@click.command("prune", epilog=EXIT_CODES)
@click.option(
    "--before", type=Instant(), help="Up to the last checkpoint older than this; left out, all that may be removed."
)
@_unattended
@click.pass_obj
def prune_lines(installation: LendsDatabase, before: datetime | None, *, is_unattended: bool) -> None:
    """Remove old lines, whole checkpoints of them; what is left stays provable.

    Nothing younger than the setting `audit_retention` is removed.
    """
    before = _old_enough(before, installation.settings.audit_retention, "audit_retention")
    with _problems_told():
        found = lines_to_prune(installation.database, before=before)
        _confirm(found, "are removed for good", is_unattended=is_unattended)
        removed = prune(installation.database, _seals(installation), before=before, actor=Actor.command_line())
    echo(f"{removed} lines are removed.")


def _old_enough(before: datetime | None, kept_for: timedelta, setting: str) -> datetime:
    """`before`, or the latest instant that the setting allows.

    The law says how long lines are kept, and a date mistyped must not take them away: a later one is refused.
    """
    now = datetime.now(UTC)
    if before is None:
        return now - kept_for
    if before > now:
        stop(ExitCode.REFUSED, "future", f"--before {_day(before)} is in the future: nothing is done.")
    if before > now - kept_for:
        stop(
            ExitCode.REFUSED,
            "too_young",
            f"--before {_day(before)} is too late: lines are kept for {kept_for.days} days (the setting {setting}), "
            f"so --before {_day(now - kept_for)} at the latest.",
        )
    return before


def _confirm(found: LinesFound, what: str, *, is_unattended: bool) -> None:
    """Say how many lines it is about, and go on only when told to."""
    if found.oldest is None or found.newest is None:
        stop(ExitCode.DONE, "nothing", "There is no such line: nothing to do.")
    counted = f"{found.lines} lines, written from {_day(found.oldest)} to {_day(found.newest)}, {what}."
    echo(counted, err=True)
    if not is_unattended and not is_confirmed("Go on?"):
        stop(ExitCode.REFUSED, "not_confirmed", "Nothing is done. To do it without being asked: --yes")


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def _tell_verified(found: Intact | Broken, missing: list[str]) -> None:
    if isinstance(found, Broken):
        echo(f"The audit trail is broken at position {found.position}: {found.why}.", err=True)
    else:
        echo(f"{found.lines} sealed lines are as they were written; {found.unsealed} wait for the sealer.")
        echo(f"To prove later that nothing before today was taken away: {_audit()} checkpoint, kept elsewhere.")
    if missing:
        echo(
            f"The database no longer refuses changes of the trail: {', '.join(missing)} missing, switched off or "
            f"altered. Lines not sealed yet may have been changed. To put them back: {_audit()} restore-rules",
            err=True,
        )


def _audit() -> str:
    """The group of the present command, as it was typed: `idp audit`."""
    parent = click.get_current_context().parent
    return parent.command_path if parent else "audit"


def _seals(installation: LendsDatabase) -> DerivedSeals:
    return DerivedSeals(KeyEncryption.of(installation.settings))


def _said(line: AuditLine) -> str:
    known = {
        "account": line.account,
        "login": line.login,
        "application": line.application,
        "method": line.method,
        "from": line.address,
        "by": line.actor,
    } | line.detail
    said = " ".join(f"{name}={value!r}" for name, value in known.items() if value is not None)
    return f"{line.id:>8}  {line.at:%Y-%m-%d %H:%M:%S}  {line.kind:<22} {said}"


@contextmanager
def _problems_told() -> Iterator[None]:
    try:
        yield
    except (EncryptionError, CheckpointUnreadable, TrailBroken) as refused:
        stop(ExitCode.REFUSED, "refused", str(refused))
    except DatabaseUnavailable as away:
        stop(ExitCode.UNAVAILABLE, "unavailable", str(away))
