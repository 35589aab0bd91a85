"""`enrollment register ...`: the national register, imported by hand or by a timer of the machine.

Click's `obj` has the database.
"""

from datetime import UTC, datetime
from pathlib import Path

import click

from config.actor import Actor
from config.audit.trail import Audit
from config.command_options import json_option
from config.commands import CommandGroup, ExitCode, HasDatabase, echo, json_time, stop, utc_time, write
from enrollment.register.extract_file import ExtractRefused
from enrollment.register.importing import FEWEST_OF_BEFORE, import_extract
from enrollment.register.register import Register

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE}  done
  {ExitCode.REFUSED}  the file was refused: the register is as it was, and the reason is on standard error
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  no extract was imported yet
  {ExitCode.UNAVAILABLE}  the database does not answer"""

_TOLD_EVERY = 250_000  # lines


@click.group(cls=CommandGroup, epilog=EXIT_CODES)
def register() -> None:
    """The national register of professionals (RPPS)."""


@register.command("import", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--accept-fewer",
    is_flag=True,
    help=f"Take a file that has less than {FEWEST_OF_BEFORE:.0%} of the lines of the extract that it replaces.",
)
@json_option
@click.pass_obj
def import_(obj: HasDatabase, file: Path, *, accept_fewer: bool, in_json: bool) -> None:
    """Import FILE, the public extract of activities, in place of the one before.

    FILE is the zip that the Agence du Numérique en Santé publishes (PS_LibreAcces), or the text in it
    (PS_LibreAcces_Personne_activite_<date>.txt). Requests are compared with the former extract until the new one is
    whole; an import that was stopped has changed nothing, and is simply begun again.
    """
    told = 0

    def tell(lines: int) -> None:
        nonlocal told
        if lines - told >= _TOLD_EVERY:
            told = lines
            echo(f"{lines:,} lines read", err=True)

    try:
        imported = import_extract(
            obj.database,
            Audit(obj.database),
            file,
            actor=Actor.command_line(),
            accept_fewer=accept_fewer,
            progress=tell,
        )
    except ExtractRefused as refused:
        stop(ExitCode.REFUSED, "extract.refused", str(refused), in_json=in_json)
    if in_json:
        write(
            {
                "source": imported.source,
                "published_at": json_time(imported.published_at),
                "sha256": imported.sha256,
                "lines": imported.lines,
                "unreadable_lines": imported.unreadable_lines,
                "lines_before": imported.lines_before,
            }
        )
        return
    echo(f"The register is that of {imported.source}: {imported.lines:,} lines.")
    if imported.unreadable_lines:
        echo(f"{imported.unreadable_lines:,} of them could not be read, and were left out.")
    if imported.lines_before is not None:
        echo(f"It replaces one of {imported.lines_before:,} lines.")


@register.command(epilog=EXIT_CODES)
@json_option
@click.pass_obj
def status(obj: HasDatabase, *, in_json: bool) -> None:
    """Show which extract requests are compared with, and how old it is."""
    current = Register(obj.database).current()
    if current is None:
        stop(
            ExitCode.NOT_FOUND,
            "no-register",
            "No extract was imported yet: enrollment register import FILE.",
            in_json=in_json,
        )
    now = datetime.now(UTC)
    if in_json:
        write(
            {
                "source": current.source,
                "published_at": json_time(current.published_at),
                "imported_at": json_time(current.imported_at),
                "lines": current.lines,
                "unreadable_lines": current.unreadable_lines,
                "sha256": current.sha256,
                "is_stale": current.is_stale(now),
            }
        )
        return
    echo(f"source       {current.source}")
    days = (now - current.published_at).days
    echo(f"published    {utc_time(current.published_at)} ({days} {'day' if days == 1 else 'days'} ago)")
    echo(f"imported     {utc_time(current.imported_at)}")
    echo(f"lines        {current.lines:,} ({current.unreadable_lines:,} left out)")
    echo(f"sha256       {current.sha256}")
    if current.is_stale(now):
        echo("It is old: import a newer one.", err=True)
