"""`idp operator ...`: who decides on requests, who administers this installation, who audits it."""

from typing import Any, Protocol

import click

from config.actor import Actor
from config.command_options import Function, exit_codes, json_option
from config.commands import CommandGroup, ExitCode, echo, json_time, stop, write
from idp.accounts.command_answers import report_errors
from idp.accounts.operator_roles import HeldRole, OperatorRoleName, application_scope, community_scope
from idp.accounts.operators import Operator, Operators

EXIT_CODES = exit_codes(
    not_found="no such account, application or community", conflict="there is an administrator already"
)

ROLES = """\b
Roles:
  approver       decides on requests: for --community, for --application, or for everything
  administrator  decides on requests, and changes everything
  auditor        reads everything, and changes nothing"""


class ProvidesOperators(Protocol):
    """Click's `obj`, as the `idp` command sets it."""

    def operators(self) -> Operators: ...

    def find_application(self, name: str) -> str | None:
        """The identifier of the application that has this name or this identifier."""


@click.group(cls=CommandGroup, epilog=f"{ROLES}\n\n{EXIT_CODES}")
def operator() -> None:
    """Operators: accounts that decide on requests, administer this installation or audit it."""


def _role_arguments(function: Function) -> Function:
    for argument in (
        click.option("--application", metavar="NAME", help="Only for this application (its name or its client_id)."),
        click.option("--community", metavar="NAME", help="Only for this community."),
        click.argument("role", type=click.Choice([each.value for each in OperatorRoleName])),
        click.argument("login"),
    ):
        function = argument(function)
    return function


@operator.command(epilog=EXIT_CODES)
@click.argument("login")
@json_option
@click.pass_obj
def bootstrap(obj: ProvidesOperators, login: str, *, in_json: bool) -> None:
    """Make the account LOGIN the first administrator. Refused once there is one."""
    with report_errors(in_json=in_json):
        obj.operators().bootstrap(login, actor=Actor.command_line())
        administrator = HeldRole(OperatorRoleName.ADMINISTRATOR)
        _report(login, administrator, f"{login} is the first administrator.", done=True, in_json=in_json)


@operator.command(epilog=f"{ROLES}\n\n{EXIT_CODES}")
@_role_arguments
@json_option
@click.pass_obj
def grant(obj: ProvidesOperators, /, login: str, role: str, *, in_json: bool, **scope: str | None) -> None:
    """Give the account LOGIN the role ROLE."""
    with report_errors(in_json=in_json):
        held = HeldRole(OperatorRoleName(role), _scope(obj, **scope, in_json=in_json))
        done = obj.operators().grant(login, held, actor=Actor.command_line())
        message = f"{login} is {held}." if done else f"{login} is already {held}: nothing to change."
        _report(login, held, message, done=done, in_json=in_json)


@operator.command(epilog=f"{ROLES}\n\n{EXIT_CODES}")
@_role_arguments
@json_option
@click.pass_obj
def revoke(obj: ProvidesOperators, /, login: str, role: str, *, in_json: bool, **scope: str | None) -> None:
    """Take the role ROLE away from the account LOGIN. Its scope must be the one that was granted."""
    with report_errors(in_json=in_json):
        held = HeldRole(OperatorRoleName(role), _scope(obj, **scope, in_json=in_json))
        done = obj.operators().revoke(login, held, actor=Actor.command_line())
        message = f"{login} is no longer {held}." if done else f"{login} is not {held}: nothing to change."
        is_administrator = held.role is OperatorRoleName.ADMINISTRATOR
        if done and is_administrator and not any(each.role == held for each in obj.operators().all()):
            message += " No administrator remains: idp operator bootstrap LOGIN"
        _report(login, held, message, done=done, in_json=in_json)


@operator.command("list", epilog=EXIT_CODES)
@json_option
@click.pass_obj
def list_operators(obj: ProvidesOperators, *, in_json: bool) -> None:
    """List the operators and their roles, in the alphabetical order of logins."""
    with report_errors(in_json=in_json):
        found = obj.operators().all()
        if in_json:
            write([_as_json(each) for each in found])
            return
        for each in found:
            echo(f"{each.login:<20} {each.display_name:<40} {each.role}{'  (disabled)' if each.disabled else ''}")
        if not found:
            echo("There is no operator: idp operator bootstrap LOGIN", err=True)


def _scope(obj: ProvidesOperators, *, community: str | None, application: str | None, in_json: bool) -> str:
    if community is not None and application is not None:
        raise click.UsageError("--community and --application exclude each other: grant the role twice")
    if community is not None:
        return community_scope(community)
    if application is None:
        return ""
    identifier = obj.find_application(application)
    if identifier is None:
        message = f"No application has the name or client_id {application}."
        stop(ExitCode.NOT_FOUND, "application.unknown", message, in_json=in_json)
    return application_scope(identifier)


def _as_json(held: Operator) -> dict[str, Any]:
    return {
        "login": held.login,
        "display_name": held.display_name,
        "disabled": held.disabled,
        "role": held.role.role,
        "scope": held.role.scope,
        "granted_at": json_time(held.granted_at),
        "granted_by": held.granted_by,
    }


def _report(login: str, held: HeldRole, message: str, *, done: bool, in_json: bool) -> None:
    if in_json:
        write({"login": login, "role": held.role, "scope": held.scope, "changed": done})
    else:
        echo(message)
