"""The `audit` commands of a service: list, export, verify, checkpoint, erase and prune.

click's `obj` provides the settings and the database (`HasDatabase`), so that `--help` opens no database.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

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
from config.command_options import Instant, json_option
from config.commands import CommandGroup, ExitCode, HasDatabase, echo, is_confirmed, stop, write_line
from config.encryption import EncryptionError, KeyEncryption
from config.sql.database import DatabaseUnavailable

LARGEST_CHECKPOINT = 4_096  # octets

Function = TypeVar("Function", bound=Callable[..., Any])

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE:d}  done; for verify: every sealed entry is as it was written
  {ExitCode.REFUSED:d}  refused; for verify: the trail was altered, or the key-encryption key is missing
  {ExitCode.USAGE:d}  wrong usage
  {ExitCode.UNAVAILABLE:d}  the database does not answer"""


GROUP_HELP = """\
Read and verify the audit trail: who did what, and when.

The service seals new entries: it chains them by digests and signs a checkpoint.
A sealed entry cannot be altered or removed without `verify` reporting it.
"""


def audit_commands(vocabulary: Iterable[AuditKind]) -> click.Group:
    """The group `audit` of a service whose entries are of the kinds in `vocabulary`."""
    group = CommandGroup("audit", help=GROUP_HELP, epilog=EXIT_CODES)
    for command in (verify, checkpoint, restore_missing_rules, erase, prune_lines):
        group.add_command(command)
    filters = _filters(vocabulary)

    @group.command("list", epilog=EXIT_CODES)
    @filters
    @click.option(
        "--before",
        type=click.IntRange(min=1),
        metavar="NUMBER",
        help="List entries older than this one (next page).",
    )
    @click.option(
        "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="List at most this many entries."
    )
    @click.option("--json", "in_json", is_flag=True, help="Answer in JSON, one entry a line.")
    @click.pass_obj
    def list_lines(
        installation: HasDatabase, /, *, before: int | None, limit: int, in_json: bool, **chosen: Any
    ) -> None:
        """List entries, newest first."""
        before = None if before is None else min(before, _LAST_NUMBER)
        with _errors_as_exit_codes():
            page = page_of(installation.database, AuditFilter(**chosen), before=before, limit=limit)
        for line in page.lines:
            if in_json:
                write_line(line.as_json())
            else:
                echo(_as_text(line))
        if page.next_before is not None:
            echo(f"There are more: --before {page.next_before}", err=True)

    @group.command(epilog=EXIT_CODES)
    @click.argument("file", type=click.File("w", encoding="utf-8", lazy=False), default="-")
    @filters
    @click.pass_obj
    def export(installation: HasDatabase, /, file: Any, **chosen: Any) -> None:
        """Write entries to FILE, or to standard output, in JSON, one entry a line, oldest first."""
        with _errors_as_exit_codes():
            for line in every_line(installation.database, AuditFilter(**chosen)):
                write_line(line.as_json(), file=file)

    return group


_LAST_NUMBER: Final = 2**63 - 1  # that a database has


def _filters(vocabulary: Iterable[AuditKind]) -> Callable[[Function], Function]:
    """The options that choose entries; an entry must match each option given."""
    kinds = {kind.value: kind for kind in vocabulary}

    def as_kind(_context: click.Context, _option: click.Parameter, name: str | None) -> AuditKind | None:
        return kinds[name] if name else None

    def decorated(function: Function) -> Function:
        for option in (
            click.option("--until", type=Instant(), help="Entries before this instant."),
            click.option("--since", type=Instant(), help="Entries from this instant on."),
            click.option("--login", help="Entries with this login."),
            click.option("--application", help="Entries of this application, by its client_id."),
            click.option("--account", help="Entries of this account, by its id."),
            click.option(
                "--kind",
                type=click.Choice(list(kinds)),
                callback=as_kind,
                metavar="KIND",
                help="Entries of this kind, of those in docs/audit.md.",
            ),
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
    help="A checkpoint that you kept on another machine (`audit checkpoint`): the trail must still contain it. "
    "- is standard input.",
)
@json_option
@click.pass_obj
def verify(installation: HasDatabase, *, kept_in: Any, in_json: bool) -> None:
    """Verify the whole trail: report whether an entry was altered, emptied, removed, inserted or moved.

    Without --checkpoint, this cannot detect that the newest entries, or all of
    them, were removed together with their checkpoints.
    """
    with _errors_as_exit_codes(in_json=in_json):
        seals = _seals(installation)
        kept = KeptCheckpoint.read(kept_in.read(LARGEST_CHECKPOINT), seals) if kept_in else None
        found = verify_trail(installation.database, seals, kept=(kept.position, kept.digest) if kept else None)
        missing = missing_rules(installation.database)
    is_broken = isinstance(found, Broken)
    if in_json:
        write_line({"intact": not is_broken and not missing} | asdict(found) | {"missing_rules": missing})
    else:
        _print_verified(found, missing)
    sys.exit(ExitCode.REFUSED if is_broken or missing else ExitCode.DONE)


@click.command(epilog=EXIT_CODES)
@click.pass_obj
def checkpoint(installation: HasDatabase) -> None:
    """Print a signed checkpoint, one line of JSON. Keep it on another machine.

    `audit verify --checkpoint FILE` later proves that no entry before it was
    removed. Entries that are not sealed yet are sealed first.
    """
    with _errors_as_exit_codes():
        seals = _seals(installation)
        seal(installation.database, seals)
        newest = newest_checkpoint(installation.database)
    if newest is None:
        stop(ExitCode.REFUSED, "empty", "The trail is empty: there is no checkpoint yet.")
    echo(KeptCheckpoint.of(newest).as_text())


@click.command("restore-rules", epilog=EXIT_CODES)
@click.pass_obj
def restore_missing_rules(installation: HasDatabase) -> None:
    """Restore the database triggers that refuse changes of the trail, if one is missing, disabled or altered."""
    with _errors_as_exit_codes():
        restored = restore_rules(installation.database, actor=Actor.command_line())
    echo(f"Restored: {', '.join(restored)}." if restored else "Every trigger is in place.")


def _unattended(function: Function) -> Function:
    return click.option("--yes", "is_unattended", is_flag=True, help="Do not ask for confirmation.")(function)


@click.command(epilog=EXIT_CODES)
@click.option("--before", type=Instant(), help="Only in entries older than this. By default, in all that are due.")
@_unattended
@click.pass_obj
def erase(installation: HasDatabase, before: datetime | None, *, is_unattended: bool) -> None:
    """Erase the login, address and user agent in entries older than the setting `audit_personal_retention`.

    The trail can still be verified: the erasure leaves a signed record.
    """
    before = _old_enough(before, installation.settings.audit_personal_retention, "audit_personal_retention")
    with _errors_as_exit_codes():
        found = lines_to_erase(installation.database, before=before)
        _confirm(found, "lose their login, address and user agent for good", is_unattended=is_unattended)
        erased = erase_personal(installation.database, _seals(installation), before=before, actor=Actor.command_line())
    echo(f"Login, address and user agent are erased from {erased} entries.")


@click.command("prune", epilog=EXIT_CODES)
@click.option("--before", type=Instant(), help="Only entries older than this. By default, all that are due.")
@_unattended
@click.pass_obj
def prune_lines(installation: HasDatabase, before: datetime | None, *, is_unattended: bool) -> None:
    """Delete entries older than the setting `audit_retention`, up to a checkpoint.

    The entries that remain can still be verified.
    """
    before = _old_enough(before, installation.settings.audit_retention, "audit_retention")
    with _errors_as_exit_codes():
        found = lines_to_prune(installation.database, before=before)
        _confirm(found, "are deleted for good", is_unattended=is_unattended)
        removed = prune(installation.database, _seals(installation), before=before, actor=Actor.command_line())
    echo(f"{removed} entries are deleted.")


def _old_enough(before: datetime | None, kept_for: timedelta, setting: str) -> datetime:
    """`before`, or by default the latest instant that the setting allows.

    A later instant is refused: the law says how long entries are kept, and a mistyped date must not delete them.
    """
    now = datetime.now(UTC)
    if before is None:
        return now - kept_for
    if before > now:
        stop(ExitCode.REFUSED, "future", f"--before {_day(before)} is in the future: nothing was changed.")
    if before > now - kept_for:
        stop(
            ExitCode.REFUSED,
            "too_young",
            f"--before {_day(before)} is too late: entries are kept for {kept_for.days} days (the setting {setting}). "
            f"The latest is --before {_day(now - kept_for)}.",
        )
    return before


def _confirm(found: LinesFound, what: str, *, is_unattended: bool) -> None:
    """Print how many entries are concerned, and continue only if the operator confirms or `is_unattended`."""
    if found.oldest is None or found.newest is None:
        stop(ExitCode.DONE, "nothing", "There is no such entry: nothing to do.")
    counted = f"{found.lines} entries, written from {_day(found.oldest)} to {_day(found.newest)}, {what}."
    echo(counted, err=True)
    if not is_unattended and not is_confirmed("Continue?"):
        stop(ExitCode.REFUSED, "not_confirmed", "Nothing was changed. To run without confirmation: --yes")


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"


def _print_verified(found: Intact | Broken, missing: list[str]) -> None:
    if isinstance(found, Broken):
        echo(f"The audit trail is broken at position {found.position}: {found.why}.", err=True)
    else:
        echo(f"{found.lines} sealed entries are as they were written; {found.unsealed} are not sealed yet.")
        echo(f"To detect later that entries were removed, keep the output of this elsewhere: {_audit()} checkpoint")
    if missing:
        echo(
            f"The database no longer refuses changes of the trail. These triggers are missing, disabled or altered: "
            f"{', '.join(missing)}. Entries that are not sealed yet may have been changed. "
            f"To restore the triggers: {_audit()} restore-rules",
            err=True,
        )


def _audit() -> str:
    """The command group as it was typed: `idp audit`."""
    parent = click.get_current_context().parent
    return parent.command_path if parent else "audit"


def _seals(installation: HasDatabase) -> DerivedSeals:
    return DerivedSeals(KeyEncryption.of(installation.settings))


def _as_text(line: AuditLine) -> str:
    members = {
        "account": line.account,
        "login": line.login,
        "application": line.application,
        "method": line.method,
        "from": line.address,
        "by": line.actor,
    } | line.detail
    text = " ".join(f"{name}={value!r}" for name, value in members.items() if value is not None)
    return f"{line.id:>8}  {line.at:%Y-%m-%d %H:%M:%S}  {line.kind:<22} {text}"


@contextmanager
def _errors_as_exit_codes(*, in_json: bool = False) -> Iterator[None]:
    """Turn an error into a message and an exit code."""
    try:
        yield
    except (EncryptionError, CheckpointUnreadable, TrailBroken) as refused:
        stop(ExitCode.REFUSED, "refused", str(refused), in_json=in_json)
    except DatabaseUnavailable as away:
        stop(ExitCode.UNAVAILABLE, "unavailable", str(away), in_json=in_json)
