"""`enrollment person ...`: what the law lets a person ask for, the export and the erasure of their data."""

import click

from config.actor import Actor
from config.audit.trail import Audit
from config.commands import CommandGroup, ExitCode, HasDatabase, echo, is_confirmed, stop, write
from enrollment.export import NobodyFound, StillDelivering, erase, export_person

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE}  done
  {ExitCode.REFUSED}  refused, or not confirmed: nothing is changed
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  no request has this reference, and none this e-mail address
  {ExitCode.CONFLICT}  an accepted request is still being delivered
  {ExitCode.UNAVAILABLE}  the database does not answer"""

_NOBODY = "No request or invitation has the reference or the e-mail address {named}, or it was erased already."


@click.group(cls=CommandGroup, epilog=EXIT_CODES)
def person() -> None:
    """One person's data, by the reference of a request or by an e-mail address."""


@person.command(epilog=EXIT_CODES)
@click.argument("named", metavar="REFERENCE|EMAIL")
@click.pass_obj
def export(obj: HasDatabase, named: str) -> None:
    """Write in JSON all that is kept of a person: requests, decisions, history, notes, invitations."""
    try:
        told = export_person(obj.database, Audit(obj.database), named, actor=Actor.command_line(), for_person=False)
    except NobodyFound as nobody:
        stop(ExitCode.NOT_FOUND, "not_found", _NOBODY.format(named=nobody.named))
    write(told)


@person.command("erase", epilog=EXIT_CODES)
@click.argument("named", metavar="REFERENCE|EMAIL")
@click.option("--yes", "is_unattended", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase_(obj: HasDatabase, named: str, *, is_unattended: bool) -> None:
    """Erase a person for good. What was decided is kept, without a name; a request in the queue is withdrawn.

    The account that an accepted request has opened is the identity provider's, and stays: see `idp account`.
    """
    if not is_unattended and not is_confirmed(f"All that is kept of {named} is erased for good. Go on?"):
        stop(ExitCode.REFUSED, "not_confirmed", "Nothing is done. To do it without being asked: --yes")
    try:
        erased = erase(obj.database, Audit(obj.database), named, actor=Actor.command_line())
    except NobodyFound as nobody:
        stop(ExitCode.NOT_FOUND, "not_found", _NOBODY.format(named=nobody.named))
    except StillDelivering as under_way:
        stop(
            ExitCode.CONFLICT,
            "still_delivering",
            f"{', '.join(under_way.references)}: accepted, and still being delivered. Erase when it has been.",
        )
    echo(f"Erased. Requests: {erased.requests}; invitations: {erased.invitations}.")
