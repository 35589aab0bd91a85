"""`idp account ...`: what an operator does with accounts, by hand or from a script.

Each command is a function of the accounts with words around it. What they need
is an `AccountDesk`, which click's `obj` opens (`OpensAccountDesk`).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from config.commands import ExitCode, echo, stop, write
from idp.accounts.accounts import NewAccount, Standing
from idp.accounts.command_answers import as_json, instant, problems_told
from idp.accounts.desk import AccountDesk, OpensAccountDesk, password_from_standard_input, password_in
from idp.accounts.errors import NoSuchAccount
from idp.accounts.models import Language, Proof
from idp.accounts.professions import PROFESSIONS

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE}  done (also when there was nothing to change)
  {ExitCode.REFUSED}  refused: every problem is on standard error
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  no such account, or no such application
  {ExitCode.CONFLICT}  the login or the national identifier is another account's
  {ExitCode.UNAVAILABLE}  the database or Redis does not answer"""

Function = TypeVar("Function", bound=Callable[..., Any])


@click.group(epilog=EXIT_CODES)
def account() -> None:
    """People who may log in."""


def _json(function: Function) -> Function:
    return click.option("--json", "in_json", is_flag=True, help="Answer in JSON, and tell problems in JSON.")(function)


def _password_file(function: Function) -> Function:
    return click.option(
        "--password-file",
        type=click.Path(exists=True, dir_okay=False, allow_dash=True),
        help="Read the password from this file; - is standard input.",
    )(function)


def _lasting(function: Function) -> Function:
    return click.option(
        "--lasting", is_flag=True, help="The password need not be changed at the next login: for test bases."
    )(function)


def _mail_link(function: Function) -> Function:
    return click.option("--mail-link", is_flag=True, help="Mail the person a link to choose the password.")(function)


@account.command(epilog=EXIT_CODES)
@click.option("--given-name", required=True, help="First name.")
@click.option("--family-name", required=True, help="Surname.")
@click.option("--email", required=True, help="Where letters go: the person's own mailbox.")
@click.option("--login", help="Made from the name when it is left out: jdupont, jdupont2.")
@click.option("--profession", type=click.Choice(list(PROFESSIONS)), metavar="CODE", help="TRE_G15 code, such as 10.")
@click.option("--national-id", help="Type and number, such as 899700123450 (8 and the RPPS number).")
@click.option(
    "--proof",
    type=click.Choice([Proof.TYPED.value, Proof.OPERATOR.value]),
    default=Proof.TYPED.value,
    show_default=True,
    help="Whether you saw evidence that the identifier is this person's (operator) or not (typed).",
)
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    default="fr",
    show_default=True,
    help="Of letters.",
)
@_password_file
@_lasting
@_mail_link
@_json
@click.pass_obj
def create(
    obj: OpensAccountDesk,
    /,
    *,
    in_json: bool,
    mail_link: bool,
    password_file: str | None,
    lasting: bool,
    proof: str,
    **given: Any,
) -> None:
    """Open an account, and say its login.

    A password given here is provisional: the person changes it at the next login.
    """
    if mail_link and password_file:
        raise click.UsageError("--mail-link and --password-file exclude each other")
    with problems_told(in_json=in_json):
        desk = obj.account_desk()
        given["national_id_proof"] = Proof(proof) if given["national_id"] is not None else None
        given["language"] = Language(given["language"])
        created = desk.create(
            NewAccount(**given), password_in(password_file) if password_file else None, lasting=lasting
        )
        if mail_link:
            desk.mail_link(created)
        if in_json:
            write(as_json(_named(desk, created.login)))
            return
        echo(f"{created.login} is open, for {created.display_name}")
        if mail_link:
            echo(f"A link to choose the password is on its way to {created.email}.")
        elif not password_file:
            echo(f"Next, the password: idp account set-password {created.login} --mail-link")


@account.command("list", epilog=EXIT_CODES)
@click.option("--after", default="", metavar="LOGIN", help="Only those that follow LOGIN, in the order of logins.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@click.option("--query", default="", help="Only those whose login, name or e-mail holds this.")
@_json
@click.pass_obj
def list_accounts(obj: OpensAccountDesk, after: str, limit: int, query: str, *, in_json: bool) -> None:
    """The accounts, in the order of their logins."""
    with problems_told(in_json=in_json):
        found = obj.account_desk().accounts.list(after=after, limit=limit, query=query)
        if in_json:
            write([as_json(each) for each in found])
            return
        for each in found:
            echo(f"{each.login:<20} {each.display_name:<40} {each.email}{'  (disabled)' if each.disabled else ''}")
        if not found:
            echo("No account is found.", err=True)
        elif len(found) == limit:
            echo(f"There may be more: --after {found[-1].login}", err=True)


@account.command(epilog=EXIT_CODES)
@click.argument("login")
@_json
@click.pass_obj
def show(obj: OpensAccountDesk, login: str, *, in_json: bool) -> None:
    """What is known of the account LOGIN."""
    with problems_told(in_json=in_json):
        desk = obj.account_desk()
        standing = _named(desk, login)
        known = as_json(standing) | {"password_expires_at": instant(desk.passwords.expires_at(standing))}
        if in_json:
            write(known)
            return
        for name, value in known.items():
            said = ", ".join(value) if isinstance(value, list) else value
            echo(f"{name:<20} {'-' if said is None or said == '' else said}")


@account.command(epilog=EXIT_CODES)
@click.argument("login")
@_json
@click.pass_obj
def disable(obj: OpensAccountDesk, login: str, *, in_json: bool) -> None:
    """Close the account LOGIN: its sessions, tokens and mailed links are void at once."""
    with problems_told(in_json=in_json):
        desk = obj.account_desk()
        done = desk.accounts.disable(login, actor=desk.actor)
        _tell(desk, login, f"is disabled. To end it: idp account enable {login}", done=done, in_json=in_json)


@account.command(epilog=EXIT_CODES)
@click.argument("login")
@_json
@click.pass_obj
def enable(obj: OpensAccountDesk, login: str, *, in_json: bool) -> None:
    """Open the account LOGIN again, with the password it had."""
    with problems_told(in_json=in_json):
        desk = obj.account_desk()
        done = desk.accounts.enable(login, actor=desk.actor)
        _tell(desk, login, "is enabled", done=done, in_json=in_json)


@account.command("set-password", epilog=EXIT_CODES)
@click.argument("login")
@_password_file
@_mail_link
@_lasting
@_json
@click.pass_obj
def set_password(
    obj: OpensAccountDesk, login: str, password_file: str | None, *, mail_link: bool, lasting: bool, in_json: bool
) -> None:
    """Give the account LOGIN a password, read from standard input unless said otherwise.

    It is provisional: the person changes it at the next login. They are told by
    a letter, and their sessions end.
    """
    if mail_link and (password_file or lasting):
        raise click.UsageError("--mail-link excludes --password-file and --lasting: the person chooses")
    with problems_told(in_json=in_json):
        desk = obj.account_desk()
        standing = _named(desk, login)
        if mail_link:
            desk.mail_link(standing)
            _tell(desk, login, f"is sent a link, to {standing.email}", done=True, in_json=in_json)
            return
        password = password_in(password_file) if password_file else password_from_standard_input()
        desk.set_password(standing, password, lasting=lasting)
        _tell(desk, login, "has a new password", done=True, in_json=in_json)


@account.command(epilog=EXIT_CODES)
@click.argument("login")
@click.argument("application")
@_json
@click.pass_obj
def entitle(obj: OpensAccountDesk, login: str, application: str, *, in_json: bool) -> None:
    """Let the account LOGIN enter APPLICATION (its name or its client_id)."""
    with problems_told(in_json=in_json):
        desk = obj.account_desk()
        identifier = desk.find_application(application)
        if identifier is None:
            stop(ExitCode.NOT_FOUND, "application.unknown", f"{application}: no such application", in_json=in_json)
        done = desk.accounts.grant(login, identifier, actor=desk.actor)
        _tell(desk, login, f"may enter {application}", done=done, in_json=in_json)


@account.command(epilog=EXIT_CODES)
@click.argument("login")
@click.argument("application")
@_json
@click.pass_obj
def withdraw(obj: OpensAccountDesk, login: str, application: str, *, in_json: bool) -> None:
    """Stop the account LOGIN from entering APPLICATION, whether or not that is still registered."""
    with problems_told(in_json=in_json):
        desk = obj.account_desk()
        identifier = desk.find_application(application) or application
        done = desk.accounts.withdraw(login, identifier, actor=desk.actor)
        _tell(desk, login, f"may not enter {application}", done=done, in_json=in_json)


def _named(desk: AccountDesk, login: str) -> Standing:
    standing = desk.accounts.by_login(login)
    if standing is None:
        raise NoSuchAccount(login)
    return standing


def _tell(desk: AccountDesk, login: str, said: str, *, done: bool, in_json: bool) -> None:
    if in_json:
        write(as_json(_named(desk, login)) | {"changed": done})
    else:
        echo(f"{login} {said}" if done else f"{login} {said.partition('.')[0]} already: nothing to change")
