"""Locks a request for an operator who changes it: what they may do with it, and whether they have read its version."""

from sqlalchemy.orm import Session

from config.mail_addresses import mailbox_of
from enrollment.office.decision import DecisionRefused
from enrollment.office.operators import Operator, Permission
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.requests import lock_request
from enrollment.requests.states import QUEUED


def lock_for(
    session: Session,
    request_id: str,
    operator: Operator,
    permission: Permission,
    *,
    version: int | None = None,
    in_queue: bool = False,
) -> EnrollmentRequest:
    """The request, which nothing else changes until the caller's transaction ends.

    Args:
        version: the version that the operator has read; None when the change does not depend on it.
        in_queue: the request must still wait for a decision.

    Raises:
        DecisionRefused: the operator may not, it is their own request, it has left the queue, or it has changed.
    """
    request = lock_request(session, request_id)
    if request is None:
        raise DecisionRefused("request.unknown")
    if not operator.may(permission):
        raise DecisionRefused("decision.not-permitted")
    if is_own(request, operator):
        raise DecisionRefused("decision.own-request")
    if in_queue and request.state not in QUEUED:
        raise DecisionRefused("decision.not-in-queue")
    if version is not None and request.version != version:
        raise DecisionRefused("decision.changed-meanwhile")
    return request


def is_own(request: EnrollmentRequest, operator: Operator) -> bool:
    """Whether the request is the operator's own: by the account, or by the mailbox."""
    by_mailbox = bool(operator.email) and mailbox_of(request.email) == mailbox_of(operator.email)
    return request.account_subject == operator.subject or by_mailbox
