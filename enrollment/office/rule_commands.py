"""`enrollment rule ...`: how many operators must accept a part, and when it is reminded of, escalated and lapses.

Click's `obj` has the services.
"""

from collections.abc import Callable
from typing import Any, Protocol

import click

from config.actor import Actor
from config.audit.trail import Audit
from config.command_options import Function, json_option
from config.commands import CommandGroup, ExitCode, HasDatabase, echo, stop, write
from enrollment.office.rule_changes import NotAPart, PartName, RuleTerms, TermsRefused, remove_rule, set_rule
from enrollment.office.rules import Rules
from enrollment.requests.models import ApprovalRule
from enrollment.requests.vocabulary import part_code

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE}  done
  {ExitCode.REFUSED}  refused: every problem is on standard error
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  this part has no rule
  {ExitCode.UNAVAILABLE}  the database does not answer"""

PARTS = """\b
Parts:
  account                 the account itself
  community, application  every community, every application without a rule of its own
  community:NAME          this community
  application:CLIENT_ID   this application or platform service"""


class ProvidesRules(HasDatabase, Protocol):
    """Click's `obj`, as the `enrollment` command sets it."""

    @property
    def rules(self) -> Rules: ...


@click.group(cls=CommandGroup, epilog=f"{PARTS}\n\n{EXIT_CODES}")
def rule() -> None:
    """The rules of approval. A part without a rule has one approver, and the times of the settings."""


@rule.command("list", epilog=EXIT_CODES)
@json_option
@click.pass_obj
def list_(obj: ProvidesRules, *, in_json: bool) -> None:
    """Show the rules that were set."""
    with obj.database.transaction() as session:
        found = [_document(each) for each in obj.rules.all(session)]
    if in_json:
        write(found)
        return
    if not found:
        echo("No rule was set: each part has one approver, and the times of the settings.")
    for each in found:
        times = ", ".join(
            f"{word} after {each[name]} days"
            for word, name in (("reminded", "remind_after_days"), ("escalated", "escalate_after_days"),
                               ("lapses", "lapse_after_days"))
            if each[name] is not None
        )  # fmt: skip
        echo(f"{each['part']}  {_approvers(each['approvers'])}{'  ' if times else ''}{times}")


def _days(option: str, what: str) -> Callable[[Function], Function]:
    return click.option(option, type=int, metavar="DAYS", help=f"{what}; otherwise the setting's.")


def _part_argument(function: Function) -> Function:
    return click.argument("part")(function)


@rule.command("set", epilog=f"{PARTS}\n\n{EXIT_CODES}")
@_part_argument
@click.option("--approvers", type=int, required=True, metavar="NUMBER", help="How many must accept; 0: nobody can.")
@_days("--remind-after", "Remind its approvers after DAYS")
@_days("--escalate-after", "Tell the administrators after DAYS")
@_days("--lapse-after", "Close a request that nobody has decided after DAYS")
@json_option
@click.pass_obj
def set_(
    obj: ProvidesRules,
    part: str,
    approvers: int,
    remind_after: int | None,
    escalate_after: int | None,
    lapse_after: int | None,
    *,
    in_json: bool,
) -> None:
    """Set the rule of PART, in place of a former one. Requests in the queue follow it at once."""
    named = _read(part, in_json=in_json)
    terms = RuleTerms(
        approvers=approvers,
        remind_after_days=remind_after,
        escalate_after_days=escalate_after,
        lapse_after_days=lapse_after,
    )
    try:
        with obj.database.transaction() as session:
            set_rule(session, obj.rules, Audit(obj.database), named, terms, actor=Actor.command_line())
    except TermsRefused as refused:
        stop(ExitCode.REFUSED, "refused", refused.problems, in_json=in_json)
    if in_json:
        write({"part": str(named), "approvers": approvers})
        return
    echo(f"{named}: {_approvers(approvers)}.")


@rule.command(epilog=f"{PARTS}\n\n{EXIT_CODES}")
@_part_argument
@json_option
@click.pass_obj
def remove(obj: ProvidesRules, part: str, *, in_json: bool) -> None:
    """Remove the rule of PART: the one of its kind holds again, or else one approver."""
    named = _read(part, in_json=in_json)
    with obj.database.transaction() as session:
        removed = remove_rule(session, obj.rules, Audit(obj.database), named, actor=Actor.command_line())
    if not removed:
        stop(ExitCode.NOT_FOUND, "not_found", f"{named} has no rule of its own.", in_json=in_json)
    if in_json:
        write({"part": str(named), "removed": True})
        return
    echo(f"{named}: its rule is removed.")


def _read(part: str, *, in_json: bool) -> PartName:
    try:
        return PartName.read(part)
    except NotAPart as refused:
        stop(ExitCode.REFUSED, "part.unknown", str(refused), in_json=in_json)


def _approvers(number: int) -> str:
    match number:
        case 0:
            return "nobody can accept it"
        case 1:
            return "one approver"
        case _:
            return f"{number} approvers"


def _document(found: ApprovalRule) -> dict[str, Any]:
    return {
        "part": part_code(found.part_kind, found.part_name),
        "approvers": found.approvers,
        "remind_after_days": found.remind_after_days,
        "escalate_after_days": found.escalate_after_days,
        "lapse_after_days": found.lapse_after_days,
    }
