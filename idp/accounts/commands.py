"""`idp account ...`: what an operator does with accounts, by hand or from a script.

Each command calls the `AccountService` and says what it did. Click's `obj` provides the service (`ProvidesAccounts`).
"""

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

import click

from config.actor import Actor
from config.command_options import json_option, page_options
from config.commands import CommandGroup, echo, json_time, write
from idp.accounts import command_options as options
from idp.accounts.access_commands import grant, join, leave, withdraw
from idp.accounts.attributes import attribute_values
from idp.accounts.command_answers import as_json, described, named_account, report, report_errors
from idp.accounts.command_input import EXIT_CODES, ProvidesAccounts, password_from_standard_input, password_in
from idp.accounts.identifier_commands import add_identifier, remove_identifier
from idp.accounts.models import IdentifierProof, Language
from idp.accounts.new_account import NewAccount
from idp.accounts.passwords.passwords import FirstPassword
from idp.accounts.provisioning import MailedLink


@click.group(cls=CommandGroup, epilog=EXIT_CODES)
def account() -> None:
    """People who may log in."""


@account.command(epilog=f"{options.code_lists()}\n\n{EXIT_CODES}")
@options.attribute_options
@options.proof
@click.option("--login", help="Made from the name when left out: jdupont, then jdupont2.")
@options.password_file
@options.permanent
@options.mail_link
@json_option
@click.pass_obj
def create(
    obj: ProvidesAccounts,
    /,
    *,
    in_json: bool,
    mail_link: bool,
    password_file: str | None,
    permanent: bool,
    proof: str,
    login: str | None,
    **attributes: Any,
) -> None:
    """Open an account, and print its login.

    A password given here is temporary: the person must change it when they first log in.
    """
    if mail_link and password_file:
        raise click.UsageError("--mail-link and --password-file cannot be used together")
    with report_errors(in_json=in_json):
        service = obj.account_service()
        given = options.given_attributes(attributes)
        new = NewAccount(
            login=login,
            national_id_proof=IdentifierProof(proof) if given.get("national_id") is not None else None,
            **given,
        )
        first_password: FirstPassword | MailedLink | None = MailedLink() if mail_link else None
        if password_file:
            first_password = service.provisioning.hash_first_password(
                new, password_in(password_file), must_change=not permanent
            )
        created = service.create(new, actor=Actor.command_line(), first_password=first_password)
        if in_json:
            write(as_json(named_account(service, created.login)))
            return
        echo(f"The account {created.login} is open, for {created.display_name}.")
        if mail_link:
            echo(f"A link to choose the password will be sent to {created.email}.")
        elif not password_file:
            echo(f"Next, send a link to choose the password: idp account set-password {created.login} --mail-link")


@account.command(epilog=f"{options.code_lists()}\n\n{EXIT_CODES}")
@click.argument("login")
@options.changed_attribute_options
@options.proof
@json_option
@click.pass_obj
def change(obj: ProvidesAccounts, /, *, login: str, proof: str, in_json: bool, **attributes: Any) -> None:
    """Change what the account LOGIN says of its person. What is left out stays; '' takes an attribute away.

    A new e-mail address ends the person's sessions, and voids links that were mailed to the old one.
    """
    with report_errors(in_json=in_json):
        changes = options.changed_attributes(attributes)
        if "national_id" in changes:
            changes["national_id_proof"] = IdentifierProof(proof) if changes["national_id"] else None
        service = obj.account_service()
        changed = service.change(login, changes, actor=Actor.command_line())
        message = f"{login} is changed: {', '.join(changed)}." if changed else f"{login}: nothing to change."
        report(service, login, message, done=bool(changed), in_json=in_json)


@account.command("list", epilog=EXIT_CODES)
@page_options(of="accounts", key="LOGIN")
@click.option("--query", default="", help="Only those whose login, name or e-mail address contains this.")
@json_option
@click.pass_obj
def list_accounts(obj: ProvidesAccounts, after: str, limit: int, query: str, *, in_json: bool) -> None:
    """List accounts, in the alphabetical order of logins."""
    with report_errors(in_json=in_json):
        found = obj.account_service().accounts.list(after=after, limit=limit, query=query)
        if in_json:
            write([as_json(each) for each in found])
            return
        for each in found:
            echo(f"{each.login:<20} {each.display_name:<40} {each.email}{'  (disabled)' if each.disabled else ''}")
        if not found:
            echo("No account matches.", err=True)
        elif len(found) == limit:
            echo(f"There may be more: --after {found[-1].login}", err=True)


@account.command(epilog=EXIT_CODES)
@click.argument("login")
@json_option
@click.pass_obj
def show(obj: ProvidesAccounts, login: str, *, in_json: bool) -> None:
    """Show what is known about the account LOGIN."""
    with report_errors(in_json=in_json):
        service = obj.account_service()
        snapshot = named_account(service, login)
        identifiers = service.identifiers.of(snapshot.account_id)
        known = as_json(snapshot) | {
            "password_expires_at": json_time(service.passwords.expires_at(snapshot)),
            "identifiers": [asdict(each) | {"proven_at": json_time(each.proven_at)} for each in identifiers],
        }
        if in_json:
            write(known)
            return
        for name, attribute, value in attribute_values(snapshot):
            if attribute.codes is not None:
                known[name] = f"{value} ({attribute.display(value, Language.FRENCH)})"
        zone = ZoneInfo(obj.settings.time_zone)
        if snapshot.conditions is not None:
            known["conditions"] = (
                f"{snapshot.conditions.version}, accepted {json_time(snapshot.conditions.accepted_at)}"
            )
        known["identifiers"] = [f"{each.kind} {each.value} ({each.proof})" for each in identifiers]
        for field in ("entitlements", "memberships"):
            granted = sorted(getattr(snapshot, field).items())
            known[field] = [f"{name}{described(held, zone)}" for name, held in granted]
        for name, value in known.items():
            message = "; ".join(value) if isinstance(value, list) else value
            echo(f"{name:<20} {'-' if message is None or message == '' else message}")


@account.command(epilog=EXIT_CODES)
@click.argument("login")
@json_option
@click.pass_obj
def disable(obj: ProvidesAccounts, login: str, *, in_json: bool) -> None:
    """Close the account LOGIN: its sessions, tokens and links stop working immediately."""
    with report_errors(in_json=in_json):
        service = obj.account_service()
        done = service.disable(login, actor=Actor.command_line())
        message = f"{login} is disabled. To open the account again: idp account enable {login}"
        report(
            service,
            login,
            message if done else f"{login} is already disabled: nothing to change.",
            done=done,
            in_json=in_json,
        )


@account.command(epilog=EXIT_CODES)
@click.argument("login")
@json_option
@click.pass_obj
def enable(obj: ProvidesAccounts, login: str, *, in_json: bool) -> None:
    """Open the account LOGIN again, with the same password."""
    with report_errors(in_json=in_json):
        service = obj.account_service()
        done = service.enable(login, actor=Actor.command_line())
        message = f"{login} is enabled." if done else f"{login} is already enabled: nothing to change."
        report(service, login, message, done=done, in_json=in_json)


@account.command("set-password", epilog=EXIT_CODES)
@click.argument("login")
@options.password_file
@options.mail_link
@options.permanent
@json_option
@click.pass_obj
def set_password(
    obj: ProvidesAccounts, login: str, password_file: str | None, *, mail_link: bool, permanent: bool, in_json: bool
) -> None:
    """Set the password of the account LOGIN, or send a link to choose it.

    The password is typed at a prompt, or read from standard input. It is temporary: the person must change it
    when they next log in. They receive a message about it, and their sessions end.
    """
    if mail_link and (password_file or permanent):
        raise click.UsageError(
            "--mail-link lets the person choose, and cannot be used with --password-file or --permanent"
        )
    with report_errors(in_json=in_json):
        service = obj.account_service()
        snapshot = named_account(service, login)
        if mail_link:
            service.mail_link(snapshot, actor=Actor.command_line())
            report(
                service,
                login,
                f"A link to choose the password will be sent to {snapshot.email}.",
                done=True,
                in_json=in_json,
            )
            return
        password = password_in(password_file) if password_file else password_from_standard_input()
        service.set_password(snapshot, password, actor=Actor.command_line(), must_change=not permanent)
        must_change = "" if permanent else " It must be changed when they next log in."
        report(service, login, f"The password of {login} is set.{must_change}", done=True, in_json=in_json)


for command in (grant, withdraw, join, leave, add_identifier, remove_identifier):
    account.add_command(command)
