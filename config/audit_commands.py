"""`idp audit ...`: reading the trail, proving it, keeping a copy elsewhere, and forgetting what must be forgotten.

click's `obj` lends the settings and the database (`LendsDatabase`), so that
`--help` opens nothing.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from config.audit import AuditKind
from config.audit_reading import AuditLine, Sought, every_line, page_of
from config.audit_seal import Broken, DerivedSeals, erase_personal, prune
from config.audit_seal import verify as verify_trail
from config.commands import ExitCode, LendsDatabase
from config.database import DatabaseUnavailable
from config.encryption import EncryptionError, KeyEncryption

ACTOR = "command line"

Function = TypeVar("Function", bound=Callable[..., Any])

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE:d}  done; for verify: every sealed line is as it was written
  {ExitCode.REFUSED:d}  the trail was altered, or the key-encryption key is not there to tell
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


class Witness(click.ParamType[tuple[int, str]]):
    """`position:digest`, as a checkpoint was noted."""

    name = "position:digest"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, str]:
        if isinstance(value, tuple):
            return value
        position, _, digest = value.partition(":")
        if not position.isdecimal() or len(digest) != 64:
            self.fail("must be such as 1200:9f86d0...", param, ctx)
        return int(position), digest


@click.group(epilog=EXIT_CODES)
def audit() -> None:
    """The audit trail: who did what to whom."""


def _sought(function: Function) -> Function:
    for option in (
        click.option("--until", type=Instant(), help="Lines before this instant."),
        click.option("--since", type=Instant(), help="Lines from this instant on."),
        click.option("--login", help="Lines that name this login."),
        click.option("--application", help="Lines of this application, by its client_id."),
        click.option("--account", help="Lines of this account, by its id."),
        click.option("--kind", type=click.Choice([str(kind) for kind in AuditKind]), help="Lines of this kind."),
    ):
        function = option(function)
    return function


@audit.command("list", epilog=EXIT_CODES)
@_sought
@click.option("--before", type=click.IntRange(min=1), help="Lines older than the one with this number (the next page).")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many lines.")
@click.option("--json", "in_json", is_flag=True, help="Answer in JSON, one object a line.")
@click.pass_obj
def list_lines(installation: LendsDatabase, /, *, before: int | None, limit: int, in_json: bool, **sought: Any) -> None:
    """Show lines, newest first."""
    with _problems_told():
        page = page_of(installation.database, _as_sought(sought), before=before, limit=limit)
    for line in page.lines:
        click.echo(line.as_json() if in_json else _said(line))
    if page.next_before is not None:
        click.echo(f"More: --before {page.next_before}", err=True)


@audit.command(epilog=EXIT_CODES)
@click.option("--witness", type=Witness(), help="A checkpoint noted elsewhere, that the trail must still hold.")
@click.option("--json", "in_json", is_flag=True, help="Answer in JSON.")
@click.pass_obj
def verify(installation: LendsDatabase, *, witness: tuple[int, str] | None, in_json: bool) -> None:
    """Read the whole trail again and say whether anything was altered, removed, put in or moved."""
    with _problems_told():
        found = verify_trail(installation.database, _seals(installation), witness=witness)
    is_broken = isinstance(found, Broken)
    if in_json:
        click.echo(json.dumps({"intact": not is_broken} | asdict(found)))
    elif isinstance(found, Broken):
        click.echo(f"The audit trail is broken at position {found.position}: {found.why}.", err=True)
    else:
        click.echo(f"{found.lines} sealed lines are as they were written; {found.unsealed} wait for the sealer.")
        click.echo(f"To note elsewhere, as a witness: {found.last_position}:{found.last_digest}")
    sys.exit(ExitCode.REFUSED if is_broken else ExitCode.DONE)


@audit.command(epilog=EXIT_CODES)
@click.argument("file", type=click.File("w", encoding="utf-8", lazy=False), default="-")
@_sought
@click.pass_obj
def export(installation: LendsDatabase, /, file: Any, **sought: Any) -> None:
    """Write lines to FILE (or standard output) as JSON, one object a line, oldest first."""
    with _problems_told():
        for line in every_line(installation.database, _as_sought(sought)):
            file.write(line.as_json() + "\n")


@audit.command(epilog=EXIT_CODES)
@click.option("--before", type=Instant(), required=True, help="In lines older than this.")
@click.pass_obj
def erase(installation: LendsDatabase, before: datetime) -> None:
    """Empty login, address and agent in sealed lines; the trail stays provable."""
    with _problems_told():
        erased = erase_personal(installation.database, before=before, actor=ACTOR)
    click.echo(f"Login, address and agent are erased from {erased} lines.")


@audit.command("prune", epilog=EXIT_CODES)
@click.option("--before", type=Instant(), required=True, help="Up to the last checkpoint older than this.")
@click.pass_obj
def prune_lines(installation: LendsDatabase, before: datetime) -> None:
    """Remove old lines, whole checkpoints of them; what is left stays provable."""
    with _problems_told():
        removed = prune(installation.database, _seals(installation), before=before, actor=ACTOR)
    click.echo(f"{removed} lines are removed.")


def _as_sought(given: dict[str, Any]) -> Sought:
    kind = given.pop("kind")
    return Sought(kind=AuditKind(kind) if kind else None, **given)


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
    except EncryptionError as missing:
        click.echo(str(missing), err=True)
        sys.exit(ExitCode.REFUSED)
    except DatabaseUnavailable as away:
        click.echo(f"{away}", err=True)
        sys.exit(ExitCode.UNAVAILABLE)
