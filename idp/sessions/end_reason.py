"""Why a session was ended, and the line about it in the audit trail."""

from enum import StrEnum

from config.audit.trail import AuditEntry
from idp.audit_kinds import IdpAuditKind
from idp.sessions.session import Session
from idp.web.client_info import ClientInfo


class EndedBy(StrEnum):
    """What ended a session. A session that reaches a limit has no line: the limits follow from its beginning."""

    LOGOUT = "logout"
    APPLICATION = "a logout request of an application"
    NOT_THIS_PERSON = "this is not me"
    NO_PAGE = "a page was needed, and a program had logged in"
    CARD_REMOVED = "the card was pulled"
    ANOTHER_PERSON = "another person logged in here"


def session_ended(
    session: Session, *, by: EndedBy, client: ClientInfo, login: str | None = None, application: str | None = None
) -> AuditEntry:
    """The audit entry for a session that was ended."""
    return AuditEntry(
        kind=IdpAuditKind.SESSION_ENDED,
        account=session.account_id,
        application=application,
        session=session.sid,
        detail={"by": by.value},
        login=login,
        address=client.address,
        agent=client.agent,
    )
