"""`idp community ...`: the communities that accounts belong to. `idp account join` and `leave` change who does."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import click

from config.actor import Actor
from config.command_options import Function, exit_codes, json_option, page_options
from config.commands import CommandGroup, echo, json_time, write
from idp.accounts.command_answers import report_errors
from idp.accounts.communities import Communities, CommunityDescription, Member
from idp.accounts.errors import NoSuchCommunity

EXIT_CODES = exit_codes(
    not_found="no such community",
    conflict="the name belongs to another community, or the community has members",
)


class ProvidesCommunities(Protocol):
    """Click's `obj`, as the `idp` command sets it."""

    def communities(self) -> Communities: ...


@click.group(cls=CommandGroup, epilog=EXIT_CODES)
def community() -> None:
    """Communities of professionals, which accounts belong to."""


def _description_options(function: Function) -> Function:
    for option in (
        click.option(
            "--requestable/--not-requestable",
            default=None,
            help="Whether people who ask for an account may ask to join.",
        ),
        click.option("--help-en", help="The same help in English."),
        click.option("--help-fr", help="Who the community is for, in one sentence in French; '' takes it away."),
        click.option("--display-name-en", help="The same name in English. Without it, the French one."),
    ):
        function = option(function)
    return function


@community.command(epilog=EXIT_CODES)
@click.argument("name")
@click.option("--display-name", "display_name_fr", required=True, help="The name that people read, in French.")
@_description_options
@json_option
@click.pass_obj
def add(obj: ProvidesCommunities, /, name: str, *, in_json: bool, **options: Any) -> None:
    """Add the community NAME: a-z, 0-9 and hyphens, such as onco-centre. The name never changes."""
    with report_errors(in_json=in_json):
        options["display_name_en"] = options["display_name_en"] or options["display_name_fr"]
        added = CommunityDescription(name=name, **_given_fields(options))
        obj.communities().add(added, actor=Actor.command_line())
        if in_json:
            write(asdict(added))
            return
        echo(f"The community {name} is added: {added.display_name_fr}.")
        echo(f"Next, add its members: idp account join LOGIN {name}")


@community.command(epilog=EXIT_CODES)
@click.argument("name")
@click.option("--display-name", "display_name_fr", help="The name that people read, in French.")
@_description_options
@json_option
@click.pass_obj
def change(obj: ProvidesCommunities, /, name: str, *, in_json: bool, **options: Any) -> None:
    """Change the description of the community NAME. What is left out stays as it is."""
    with report_errors(in_json=in_json):
        communities = obj.communities()
        described = replace(_named(communities, name), **_given_fields(options))
        changed = communities.change(described, actor=Actor.command_line())
        if in_json:
            write(asdict(described) | {"changed": list(changed)})
        else:
            echo(f"{name} is changed: {', '.join(changed)}." if changed else f"{name}: nothing to change.")


@community.command(epilog=EXIT_CODES)
@click.argument("name")
@click.option(
    "--members",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="How many members the community has, as `idp community show` says: they lose their membership.",
)
@json_option
@click.pass_obj
def remove(obj: ProvidesCommunities, name: str, members: int, *, in_json: bool) -> None:
    """Remove the community NAME. One that has members is removed only with --members and their number."""
    with report_errors(in_json=in_json):
        obj.communities().remove(name, members=members, actor=Actor.command_line())
        if in_json:
            write({"name": name, "members": members})
        else:
            echo(f"The community {name} is removed.")


@community.command("list", epilog=EXIT_CODES)
@json_option
@click.pass_obj
def list_communities(obj: ProvidesCommunities, *, in_json: bool) -> None:
    """List the communities, in the alphabetical order of their names."""
    with report_errors(in_json=in_json):
        found = obj.communities().all()
        if in_json:
            write([asdict(each) for each in found])
            return
        for each in found:
            echo(f"{each.name:<24} {each.display_name_fr}{'' if each.requestable else '  (not requestable)'}")
        if not found:
            echo("There is no community: idp community add NAME --display-name NAME", err=True)


@community.command(epilog=EXIT_CODES)
@click.argument("name")
@page_options(of="members", key="LOGIN")
@json_option
@click.pass_obj
def show(obj: ProvidesCommunities, name: str, after: str, limit: int, *, in_json: bool) -> None:
    """Show the community NAME and its members."""
    with report_errors(in_json=in_json):
        communities = obj.communities()
        described, number = _named(communities, name), communities.count_members(name)
        members = communities.members(name, after=after, limit=limit)
        if in_json:
            write(asdict(described) | {"number_of_members": number, "members": [_as_json(each) for each in members]})
            return
        for field, value in (asdict(described) | {"members": number}).items():
            echo(f"{field:<20} {'-' if value == '' else value}")
        for each in members:
            state = "  (ended)" if each.ends_at is not None and each.ends_at <= datetime.now(UTC) else ""
            echo(f"  {each.login:<20} {each.display_name:<40} {each.role or ''}{state}".rstrip())
        if len(members) == limit:
            echo(f"There may be more: --after {members[-1].login}", err=True)


def _as_json(member: Member) -> dict[str, Any]:
    return asdict(member) | {"starts_at": json_time(member.starts_at), "ends_at": json_time(member.ends_at)}


def _given_fields(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _named(communities: Communities, name: str) -> CommunityDescription:
    described = communities.by_name(name)
    if described is None:
        raise NoSuchCommunity(name)
    return described
