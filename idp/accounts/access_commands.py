"""`idp account grant`, `withdraw`, `join` and `leave`: what an account may use and belong to, and for how long."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from config.actor import Actor
from config.command_options import Function, json_option
from config.commands import ExitCode, stop
from idp.accounts.assignments import UNLIMITED, Assignment, AssignmentTerms
from idp.accounts.command_answers import described, named_account, report, report_errors
from idp.accounts.command_input import (
    EXIT_CODES,
    DayOrInstant,
    ProvidesAccounts,
    beginning_of,
    end_of,
)


def terms_options(function: Function) -> Function:
    """The options that say how something is granted."""
    for option in (
        click.option("--reason", help="Why, in one sentence: kept with it, and shown by `idp account show`."),
        click.option("--no-end", is_flag=True, help="Take the end date away."),
        click.option(
            "--until",
            type=DayOrInstant(),
            help="The last day, such as 2026-12-31, or the instant of the end. Without it there is no end.",
        ),
        click.option(
            "--from",
            "since",
            type=DayOrInstant(),
            help="The first day, such as 2026-09-01, or the instant of the start. Without it, now.",
        ),
        click.option("--no-role", is_flag=True, help="Take the role away."),
        click.option("--role", help="The role there, such as secretary."),
    ):
        function = option(function)
    return function


def terms_given(
    held: Assignment | None,
    zone: ZoneInfo,
    *,
    role: str | None,
    no_role: bool,
    since: date | datetime | None,
    until: date | datetime | None,
    no_end: bool,
    reason: str | None,
) -> AssignmentTerms:
    """The terms that the options of `terms_options` ask for, where `held` is what there is already."""
    if (role is not None and no_role) or (until is not None and no_end):
        raise click.UsageError("--role and --no-role, and --until and --no-end, exclude each other")
    terms = UNLIMITED if held is None or held.has_ended(datetime.now(UTC)) else held.terms
    if role is not None or no_role:
        terms = replace(terms, role=role)
    if since is not None:
        terms = replace(terms, starts_at=beginning_of(since, zone))
    if until is not None or no_end:
        terms = replace(terms, ends_at=None if until is None else end_of(until, zone))
    return terms if reason is None else replace(terms, reason=reason)


@click.command(epilog=EXIT_CODES)
@click.argument("login")
@click.argument("application")
@terms_options
@json_option
@click.pass_obj
def grant(obj: ProvidesAccounts, /, *, login: str, application: str, in_json: bool, **options: Any) -> None:
    """Let the account LOGIN use APPLICATION (its name or its client_id), or change its role or its dates there.

    What is left out stays as it is. An entitlement that has ended begins anew. A role is one of those that the
    registration of APPLICATION lists, if it lists any. Its other rules of enrollment, such as the communities that it
    needs, are for requests: this command grants what you decide.
    """
    with report_errors(in_json=in_json):
        service, zone = obj.account_service(), ZoneInfo(obj.settings.time_zone)
        identifier = obj.find_application(application)
        if identifier is None:
            stop(
                ExitCode.NOT_FOUND,
                "application.unknown",
                f"No application has the name or client_id {application}.",
                in_json=in_json,
            )
        roles, role = obj.roles_in(identifier), options["role"]
        if role is not None and roles and role not in roles:
            message = f"The registration of {application} has no role {role}. It has: {', '.join(roles)}."
            stop(ExitCode.REFUSED, "role.unknown", message, in_json=in_json)
        terms = terms_given(named_account(service, login).entitlements.get(identifier), zone, **options)
        done = service.grant(login, identifier, actor=Actor.command_line(), terms=terms)
        granted = named_account(service, login).entitlements[identifier]
        message = f"{login} can use {application}{described(granted, zone)}"
        report(service, login, f"{message}." if done else f"{message}: nothing to change.", done=done, in_json=in_json)


@click.command(epilog=EXIT_CODES)
@click.argument("login")
@click.argument("application")
@json_option
@click.pass_obj
def withdraw(obj: ProvidesAccounts, login: str, application: str, *, in_json: bool) -> None:
    """Withdraw the entitlement of the account LOGIN to APPLICATION, whether or not that is still registered."""
    with report_errors(in_json=in_json):
        service = obj.account_service()
        identifier = obj.find_application(application) or application
        done = service.withdraw(login, identifier, actor=Actor.command_line())
        message = (
            f"{login} can no longer use {application}."
            if done
            else f"{login} was not entitled to {application}: nothing to change."
        )
        report(service, login, message, done=done, in_json=in_json)


@click.command(epilog=EXIT_CODES)
@click.argument("login")
@click.argument("community")
@terms_options
@json_option
@click.pass_obj
def join(obj: ProvidesAccounts, /, *, login: str, community: str, in_json: bool, **options: Any) -> None:
    """Make the account LOGIN a member of COMMUNITY (its name), or change its role or its dates there.

    What is left out stays as it is. A membership that has ended begins anew.
    """
    with report_errors(in_json=in_json):
        service, zone = obj.account_service(), ZoneInfo(obj.settings.time_zone)
        terms = terms_given(named_account(service, login).memberships.get(community), zone, **options)
        done = service.join(login, community, actor=Actor.command_line(), terms=terms)
        granted = named_account(service, login).memberships[community]
        message = f"{login} is a member of {community}{described(granted, zone)}"
        report(service, login, f"{message}." if done else f"{message}: nothing to change.", done=done, in_json=in_json)


@click.command(epilog=EXIT_CODES)
@click.argument("login")
@click.argument("community")
@json_option
@click.pass_obj
def leave(obj: ProvidesAccounts, login: str, community: str, *, in_json: bool) -> None:
    """End the membership of the account LOGIN in COMMUNITY."""
    with report_errors(in_json=in_json):
        service = obj.account_service()
        done = service.leave(login, community, actor=Actor.command_line())
        message = (
            f"{login} is no longer a member of {community}."
            if done
            else f"{login} was not a member of {community}: nothing to change."
        )
        report(service, login, message, done=done, in_json=in_json)
