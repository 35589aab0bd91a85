"""`enrollment delivery ...`: what the identity provider has not been told yet, or has refused.

Click's `obj` has the services.
"""

from typing import Protocol

import click

from config.command_options import json_option
from config.commands import CommandGroup, ExitCode, echo, json_time, stop, utc_time, write
from enrollment.delivery.outbox import Delivery, NoSuchDelivery, Outbox

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE}  done
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  no undelivered decision has this number
  {ExitCode.UNAVAILABLE}  the database does not answer"""


class ProvidesOutbox(Protocol):
    """Click's `obj`, as the `enrollment` command sets it."""

    @property
    def outbox(self) -> Outbox: ...


@click.group(cls=CommandGroup, epilog=EXIT_CODES)
def delivery() -> None:
    """Decisions on their way to the identity provider."""


@delivery.command("list", epilog=EXIT_CODES)
@json_option
@click.pass_obj
def list_(obj: ProvidesOutbox, *, in_json: bool) -> None:
    """Show the decisions that wait, or were refused, the oldest first."""
    found = obj.outbox.undelivered()
    if in_json:
        write([_document(each) for each in found])
        return
    if not found:
        echo("Every decision has been delivered.")
    for each in found:
        echo(f"{each.id}  {each.reference}  {each.state}  since {utc_time(each.created_at)}  {each.last_error or ''}")


@delivery.command(epilog=EXIT_CODES)
@click.argument("number")
@click.pass_obj
def retry(obj: ProvidesOutbox, number: str) -> None:
    """Send decision NUMBER (see `enrollment delivery list`) again now, once the cause of its refusal is corrected."""
    try:
        obj.outbox.retry(number)
    except NoSuchDelivery:
        stop(ExitCode.NOT_FOUND, "not_found", f"No undelivered decision has the number {number}.")
    echo("It is sent again.")


def _document(each: Delivery) -> dict[str, object]:
    return {
        "id": each.id,
        "reference": each.reference,
        "state": each.state,
        "created_at": json_time(each.created_at),
        "attempts": each.attempts,
        "last_error": each.last_error,
    }
