"""`idp card`: the professional cards that log in, those that wait for an operator, and revocation."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

import click

from card_bridge.verification.fetching import RevocationFetching
from card_bridge.verification.lists import ListState
from config.actor import Actor
from config.command_options import exit_codes, json_option
from config.commands import CommandGroup, ExitCode, echo, json_time, utc_time, write
from idp.accounts.accounts import now
from idp.accounts.card_models import CardStatus
from idp.accounts.cards import Card, Cards
from idp.accounts.command_answers import report_errors

EXIT_CODES = exit_codes(
    not_found="no such account or card",
    conflict="the card or its identifier belongs to another account",
    unavailable="the database does not answer",
)


class ProvidesCards(Protocol):
    """Click's `obj`, as the `idp` command sets it."""

    def cards(self) -> Cards: ...

    def card_revocation(self) -> RevocationFetching: ...


@click.group(cls=CommandGroup, epilog=EXIT_CODES)
def card() -> None:
    """Professional cards (CPS): which account each logs in to, and which wait for an operator."""


@card.command("list", epilog=EXIT_CODES)
@click.option("--account", "login", metavar="LOGIN", help="Only the cards of this account.")
@click.option("--status", type=click.Choice([each.value for each in CardStatus]), help="Only the cards in this state.")
@json_option
@click.pass_obj
def list_cards(obj: ProvidesCards, login: str | None, status: str | None, *, in_json: bool) -> None:
    """List the cards that were presented here, with the account of each.

    A card waits when its holder has proved the PIN, and the identifier of the account was only typed: `idp card bind`.
    """
    with report_errors(in_json=in_json):
        found = obj.cards().list(login=login, status=CardStatus(status) if status else None)
        if in_json:
            write([_as_json(each) for each in found])
            return
        for each in found:
            echo(
                f"{each.number:<22} {each.status:<8} {each.login or '-':<20} {each.card_type} {each.national_id}  "
                f"{each.holder}, expires {each.expires_on.isoformat()}"
            )
        if not found:
            echo("There is no such card.", err=True)


@card.command(epilog=EXIT_CODES)
@click.argument("login")
@click.argument("number")
@json_option
@click.pass_obj
def bind(obj: ProvidesCards, login: str, number: str, *, in_json: bool) -> None:
    """Bind the card NUMBER to the account LOGIN, once you have seen that both are the same person's.

    The card has been presented at the login page before: `idp card list --status waiting`. From then on it logs in to
    the account, and proves the account's national identifier.
    """
    with report_errors(in_json=in_json):
        done = obj.cards().bind(login, number, actor=Actor.command_line())
        said = f"The card {number} logs in to {login}." if done else f"The card {number} already logs in to {login}."
        _report(number, said, done=done, in_json=in_json)


@card.command(epilog=EXIT_CODES)
@click.argument("number")
@json_option
@click.pass_obj
def end(obj: ProvidesCards, number: str, *, in_json: bool) -> None:
    """End the card NUMBER: it logs in no more until `idp card bind`. The sessions of its account end."""
    with report_errors(in_json=in_json):
        done = obj.cards().end(number, actor=Actor.command_line())
        said = f"The card {number} logs in no more." if done else f"The card {number} had ended: nothing to change."
        _report(number, said, done=done, in_json=in_json)


@card.command(epilog=EXIT_CODES)
@click.option("--fetch", is_flag=True, help="Fetch every list now.")
@json_option
@click.pass_obj
def revocation(obj: ProvidesCards, *, fetch: bool, in_json: bool) -> None:
    """Show each revocation list: its authority, its age, until when it counts, and the last failure.

    After the end of its list, a card is refused unless the application gives a grace. The exit code is 1 while a list
    is missing or has ended.
    """
    with report_errors(in_json=in_json):
        fetching = obj.card_revocation()
        if fetch:
            fetching.fetch_due(now(), all_of_them=True)
        states, at = fetching.states(), now()
        if in_json:
            write([_list_as_json(each, at) for each in states])
        else:
            for each in states:
                for line in _list_in_words(each, at):
                    echo(line)
            if not states:
                echo("The settings name no revocation list (card_revocation_lists).", err=True)
        if not all(each.is_fresh(at) for each in states):
            raise SystemExit(ExitCode.REFUSED)


def _list_as_json(state: ListState, at: datetime) -> dict[str, Any]:
    return {
        "source": state.source,
        "authority": state.authority or None,
        "number": state.number,
        "this_update": json_time(state.this_update),
        "next_update": json_time(state.next_update),
        "entries": state.entries,
        "fetched_at": json_time(state.fetched_at),
        "attempted_at": json_time(state.attempted_at),
        "failure": state.failure,
        "age_seconds": None if state.this_update is None else int((at - state.this_update).total_seconds()),
        "is_fresh": state.is_fresh(at),
    }


def _list_in_words(state: ListState, at: datetime) -> Iterator[str]:
    yield f"{'fresh' if state.is_fresh(at) else 'STALE'}  {state.authority or '(no authority yet)'}  {state.source}"
    if state.this_update is not None and state.next_update is not None:
        hours = max(0, int((at - state.this_update).total_seconds() // 3600))
        yield f"       {state.entries} entries, {hours} h old, counts until {utc_time(state.next_update)}"
    if state.failure is not None:
        when = f"last attempt, {utc_time(state.attempted_at)}: " if state.attempted_at is not None else ""
        yield f"       {when}{state.failure}"


def _as_json(card: Card) -> dict[str, Any]:
    return {
        "number": card.number,
        "status": card.status,
        "login": card.login or None,
        "national_id": card.national_id,
        "type": card.card_type,
        "holder": card.holder,
        "expires_on": card.expires_on.isoformat(),
        "first_seen_at": json_time(card.first_seen_at),
        "last_used_at": json_time(card.last_used_at),
        "bound_at": json_time(card.bound_at),
        "bound_by": card.bound_by,
        "ended_at": json_time(card.ended_at),
        "ended_by": card.ended_by,
    }


def _report(number: str, message: str, *, done: bool, in_json: bool) -> None:
    if in_json:
        write({"number": number, "changed": done})
    else:
        echo(message)
