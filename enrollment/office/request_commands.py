"""`enrollment request ...`: what waits for a decision, one request with its history, and who follows it.

Nothing is decided by a command: a decision needs an operator, whose roles the identity provider checks.
Click's `obj` has the services.
"""

from datetime import UTC, datetime
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.command_options import json_option
from config.commands import CommandGroup, ExitCode, HasDatabase, echo, json_time, stop, write
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.office.assignment import Assignee, NotInQueue, assign
from enrollment.requests.history import history_of
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.person import PERSON_FIELDS
from enrollment.requests.requests import lock_request, parts_of
from enrollment.requests.states import QUEUED, RequestState
from enrollment.requests.vocabulary import part_code

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE}  done
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  no request has this reference
  {ExitCode.CONFLICT}  the request is not in the queue of operators
  {ExitCode.UNAVAILABLE}  the database does not answer"""

_SHOWN = [each.value for each in RequestState if each is not RequestState.DRAFT]


@click.group(cls=CommandGroup, epilog=EXIT_CODES)
def request() -> None:
    """Requests, by their references. Operators decide on them in the pages of the office."""


@request.command("list", epilog=EXIT_CODES)
@click.option("--state", type=click.Choice(_SHOWN), help="Otherwise those that wait for an operator or for the person.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="List at most this many.")
@json_option
@click.pass_obj
def list_(obj: HasDatabase, state: str | None, limit: int, *, in_json: bool) -> None:
    """List requests, the oldest first. No person is named."""
    wanted = (
        select(EnrollmentRequest)
        .where(EnrollmentRequest.state.in_([state] if state else sorted(QUEUED)))
        .order_by(EnrollmentRequest.submitted_at, EnrollmentRequest.id)
        .limit(limit)
    )
    with obj.database.transaction() as session:
        found = [_summary(each, parts_of(session, each.id)) for each in session.scalars(wanted)]
    if in_json:
        write(found)
        return
    if not found:
        echo("No request is in this state.")
    for each in found:
        parts = ", ".join(part["part"] for part in each["parts"])
        assigned = f"  {each['assigned_name']}" if each["assigned_name"] else ""
        echo(f"{each['reference']}  {each['state']:<10}  {each['submitted_at']}  {parts}{assigned}")


@request.command(epilog=EXIT_CODES)
@click.argument("reference")
@json_option
@click.pass_obj
def show(obj: HasDatabase, reference: str, *, in_json: bool) -> None:
    """Show the request REFERENCE: the person, the parts and their decisions, the history. The audit trail says so."""
    with obj.database.transaction() as session:
        found = _find(session, reference, in_json=in_json)
        document = _document(session, found)
        entry = AuditEntry(
            kind=EnrollmentAuditKind.REQUEST_READ, actor=Actor.command_line(), detail={"reference": found.reference}
        )
        Audit(obj.database).record(session, entry)
    if in_json:
        write(document)
        return
    echo(f"{document['reference']}  {document['state']}  {document['kind']}")
    for name, value in document["person"].items():
        echo(f"  {name}: {value}")
    for part in document["parts"]:
        echo(f"  {part['part']}: {part['decision']}{'  – ' + part['reason'] if part['reason'] else ''}")
    for event in document["history"]:
        echo(f"  {event['at']}  {event['kind']}  {event['actor']}")


@request.command("assign", epilog=EXIT_CODES)
@click.argument("reference")
@click.option("--to", metavar="SUBJECT", help="The operator, by the `sub` of their account.")
@click.option("--name", default="", help="The operator's name, as the queue shows it.")
@click.option("--nobody", is_flag=True, help="Take the request away from the operator who follows it.")
@json_option
@click.pass_obj
def assign_(obj: HasDatabase, reference: str, to: str | None, name: str, *, nobody: bool, in_json: bool) -> None:
    """Give the request REFERENCE to an operator to follow, or to nobody."""
    if (to is None) != nobody or (to is not None and not (0 < len(to) <= 255 and to.isprintable())):
        raise click.UsageError("give either --to SUBJECT or --nobody")
    if to is not None and not name.strip():
        raise click.UsageError("--to needs --name: the queue shows who follows a request")
    assignee = None if to is None else Assignee(subject=to, name=name.strip()[:240])
    actor = Actor.command_line()
    with obj.database.transaction() as session:
        found = _find(session, reference, in_json=in_json)
        locked = lock_request(session, found.id) or found
        try:
            changed = assign(
                session,
                Audit(obj.database),
                locked,
                assignee,
                actor=str(actor),
                detail={"to": assignee.name} if assignee else {},
                entry=AuditEntry(
                    kind=EnrollmentAuditKind.REQUEST_ASSIGNED,
                    actor=actor,
                    detail={"reference": locked.reference, "to": to},
                ),
                now=datetime.now(UTC),
            )
        except NotInQueue:
            message = f"{reference} is {locked.state}: only a request that waits for a decision is followed."
            stop(ExitCode.CONFLICT, "not_in_queue", message, in_json=in_json)
    if in_json:
        write({"reference": reference, "assigned_to": to, "changed": changed})
        return
    echo(f"{reference}: {'followed by ' + assignee.name if assignee else 'followed by nobody'}.")


def _find(session: Session, reference: str, *, in_json: bool) -> EnrollmentRequest:
    found = session.scalar(select(EnrollmentRequest).where(EnrollmentRequest.reference == reference.strip().upper()))
    if found is None:
        stop(ExitCode.NOT_FOUND, "not_found", f"No request has the reference {reference}.", in_json=in_json)
    return found


def _summary(found: EnrollmentRequest, parts: list[RequestPart]) -> dict[str, Any]:
    return {
        "reference": found.reference,
        "state": found.state,
        "kind": found.kind,
        "submitted_at": json_time(found.submitted_at),
        "target_application": found.target_application,
        "assigned_to": found.assigned_to,
        "assigned_name": found.assigned_name,
        "reminders": found.reminders,
        "parts": [{"part": part_code(part.kind, part.name), "decision": part.decision} for part in parts],
    }


def _document(session: Session, found: EnrollmentRequest) -> dict[str, Any]:
    parts = parts_of(session, found.id)
    return _summary(found, parts) | {
        "email_verified_at": json_time(found.email_verified_at),
        "decided_at": json_time(found.decided_at),
        "closed_at": json_time(found.closed_at),
        "person": {name: value for name in PERSON_FIELDS if (value := getattr(found, name))},
        "parts": [
            {
                "part": part_code(part.kind, part.name),
                "decision": part.decision,
                "reason": part.reason,
                "role": part.role,
                "starts_at": json_time(part.starts_at),
                "ends_at": json_time(part.ends_at),
                "refusal_code": part.refusal_code,
            }
            for part in parts
        ],
        "history": [
            {"at": json_time(event.at), "kind": event.kind, "actor": event.actor, "detail": event.detail}
            for event in history_of(session, found.id)
        ],
    }
