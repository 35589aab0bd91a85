"""A request that an operator fills in with the person: the steps of any first request, in the operator's browser."""

from datetime import UTC, datetime

from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from config.audit.trail import AuditEntry
from enrollment.applicant.drafts import Beginning
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import steps_of
from enrollment.requests.in_person import IdentityDocument, add_enroller
from enrollment.requests.links import token_hash
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.vocabulary import RequestKind


def begin_in_person(
    services: ApplicantServices, *, subject: str, name: str, document: IdentityDocument, entry: AuditEntry
) -> AnyResponse:
    """Begin a request of the kind `in_person`, and go on to its first step.

    Args:
        subject: the `sub` of the operator.
        name: the name of the operator.
        document: what they have seen.
        entry: the line of the trail.
    """
    key = services.begin(
        Beginning(
            kind=RequestKind.IN_PERSON,
            language=services.web.language(),
            target_application=None,
            conditions_version=services.conditions.version,
            source_network=services.network(),
        )
    )
    with services.database.transaction() as session:
        begun = select(EnrollmentRequest.id).where(EnrollmentRequest.browser_key_hash == token_hash(key))
        request_id = session.scalars(begun).one()
        now = datetime.now(UTC)
        add_enroller(session, request_id, subject=subject, name=name, document=document, at=now)
        services.submissions.audit.record(session, entry)
    return services.with_draft(key, steps_of(RequestKind.IN_PERSON)[0].address)
