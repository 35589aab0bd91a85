"""`enrollment invitation ...`: people are invited by e-mail, one or many of a CSV file.

Click's `obj` has the services.
"""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

import click

from config.actor import Actor
from config.command_options import json_option
from config.commands import CommandGroup, ExitCode, echo, json_time, stop, utc_time, write
from config.text_files import FileRefused, NotText, read_text
from enrollment.invitations.invitations import Invitations, Inviter
from enrollment.invitations.invitees_file import Invitee, read_invitees
from enrollment.invitations.problems import COLUMNS, InviteesRefused
from enrollment.offer import Offer, Offers, OfferUnavailable

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE}  done
  {ExitCode.REFUSED}  refused: nobody is invited, and every problem is on standard error
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  no invitation that can be used has this number
  {ExitCode.UNAVAILABLE}  the database does not answer"""


class ProvidesInvitations(Protocol):
    """Click's `obj`, as the `enrollment` command sets it."""

    @property
    def invitations(self) -> Invitations: ...

    @property
    def offers(self) -> Offers: ...


@click.group(cls=CommandGroup, epilog=EXIT_CODES)
def invitation() -> None:
    """Invitations to ask for an account."""


@invitation.command(epilog=EXIT_CODES)
@click.argument("email")
@click.option("--given-name", default="", help="The person's first name.")
@click.option("--family-name", default="", help="The person's surname.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Of the letter.")
@click.option("--community", "communities", multiple=True, metavar="NAME", help="Propose it; may be repeated.")
@click.option("--application", "applications", multiple=True, metavar="CLIENT_ID", help="Propose it; may be repeated.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which the invitation is good.")
@click.pass_obj
def send(
    obj: ProvidesInvitations,
    email: str,
    given_name: str,
    family_name: str,
    language: str,
    communities: tuple[str, ...],
    applications: tuple[str, ...],
    until: datetime | None,
) -> None:
    """Invite the person who reads the mailbox EMAIL.

    What is proposed is ticked in advance. From the command line it is not approved: operators decide as usual.
    """
    invitee = Invitee(
        email=email,
        given_name=given_name,
        family_name=family_name,
        language=language,
        communities=communities,
        applications=applications,
        until=until.date() if until else None,
    )
    _invite(obj, (invitee,))


@invitation.command("import", epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def import_(obj: ProvidesInvitations, file: Path) -> None:
    inviter, offer = _inviter(obj), _offer(obj)
    faults_of = partial(obj.invitations.faults_of, inviter=inviter, offer=offer)
    try:
        invitees = read_invitees(read_text(file), faults_of)
    except (FileRefused, NotText) as refused:
        stop(ExitCode.REFUSED, "invalid_file", f"{file}: {refused}")
    except InviteesRefused as refused:
        stop(ExitCode.REFUSED, "invalid_file", [f"{file}: {problem}" for problem in refused.problems])
    _invite(obj, invitees)


import_.help = f"""Invite everybody in the CSV file FILE, or nobody when a line is wrong.

Its first line names the columns, among: {", ".join(COLUMNS)}. Only email is needed. Communities and applications are
separated by spaces."""


@invitation.command("list", epilog=EXIT_CODES)
@json_option
@click.pass_obj
def list_(obj: ProvidesInvitations, *, in_json: bool) -> None:
    """Show the invitations that can still be used, the oldest first."""
    found = obj.invitations.open_invitations()
    if in_json:
        write(
            [
                {
                    "id": each.id,
                    "email": each.email,
                    "invited_by": each.operator_name,
                    "created_at": json_time(each.created_at),
                    "ends_at": json_time(each.ends_at),
                    **each.approved,
                }
                for each in found
            ]
        )
        return
    if not found:
        echo("No invitation waits for an answer.")
    for each in found:
        echo(f"{each.id}  {each.email}  by {each.operator_name}  until {utc_time(each.ends_at)}")


@invitation.command(epilog=EXIT_CODES)
@click.argument("number")
@click.pass_obj
def withdraw(obj: ProvidesInvitations, number: str) -> None:
    """Withdraw invitation NUMBER (see `enrollment invitation list`): its link no longer opens anything."""
    if not obj.invitations.withdraw(number, actor=Actor.command_line()):
        stop(ExitCode.NOT_FOUND, "not_found", f"No invitation that can be used has the number {number}.")
    echo("The invitation is withdrawn.")


def _invite(obj: ProvidesInvitations, invitees: tuple[Invitee, ...]) -> None:
    try:
        obj.invitations.invite(invitees, inviter=_inviter(obj), offer=_offer(obj))
    except InviteesRefused as refused:
        stop(ExitCode.REFUSED, "refused", refused.problems)
    echo(f"Invited: {len(invitees)}. The letters are on their way.")


def _inviter(obj: ProvidesInvitations) -> Inviter:
    """The inviter of the letter: from the command line, the region itself."""
    return Inviter(subject="", name=obj.invitations.region, actor=Actor.command_line())


def _offer(obj: ProvidesInvitations) -> Offer | None:
    try:
        return obj.offers.current()
    except OfferUnavailable:
        return None
