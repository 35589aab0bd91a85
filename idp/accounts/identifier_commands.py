"""`idp account add-identifier` and `remove-identifier`: numbers of a person besides the national identifier."""

import click

from config.actor import Actor
from config.command_options import Function, json_option
from idp.accounts import command_options as options
from idp.accounts.command_answers import report, report_errors
from idp.accounts.command_input import EXIT_CODES, ProvidesAccounts
from idp.accounts.models import IdentifierKind, IdentifierProof


def _identifier_arguments(function: Function) -> Function:
    for argument in (
        click.argument("value"),
        click.argument("kind", type=click.Choice([each.value for each in IdentifierKind])),
        click.argument("login"),
    ):
        function = argument(function)
    return function


@click.command("add-identifier", epilog=EXIT_CODES)
@_identifier_arguments
@options.proof
@json_option
@click.pass_obj
def add_identifier(obj: ProvidesAccounts, login: str, kind: str, value: str, proof: str, *, in_json: bool) -> None:
    """Add the number VALUE to the account LOGIN, or a better proof of one it has."""
    with report_errors(in_json=in_json):
        service = obj.account_service()
        done = service.add_identifier(
            login, IdentifierKind(kind), value, IdentifierProof(proof), actor=Actor.command_line()
        )
        message = f"{login} has the {kind} number {value} ({proof})." if done else f"{login} has it: nothing to change."
        report(service, login, message, done=done, in_json=in_json)


@click.command("remove-identifier", epilog=EXIT_CODES)
@_identifier_arguments
@json_option
@click.pass_obj
def remove_identifier(obj: ProvidesAccounts, login: str, kind: str, value: str, *, in_json: bool) -> None:
    """Take the number VALUE away from the account LOGIN."""
    with report_errors(in_json=in_json):
        service = obj.account_service()
        done = service.remove_identifier(login, IdentifierKind(kind), value, actor=Actor.command_line())
        message = (
            f"{login} no longer has the {kind} number {value}."
            if done
            else f"{login} has no such number: nothing to change."
        )
        report(service, login, message, done=done, in_json=in_json)
