"""A card was pulled: the sessions that it opened end, where an application of theirs demands it (`card_removal`).

POST /card/removed    {"token"} from the card software of the workstation; 204 whatever the token is

The token is the proof: only the software that made it knows it (`idp/sessions/card_presence.py`). A session that stays
keeps the time of the removal; an application that demands the card then asks for it anew (`idp/login/requirements.py`).
"""

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, request

from config.audit.trail import Audit, AuditEntry
from config.redis.rate_limits import Throttle
from config.strict_parsing import InvalidJson, parse_json_object
from config.web.csrf import accepts_cross_site_posts
from idp.audit_kinds import IdpAuditKind
from idp.logout.single_logout import SingleLogout
from idp.sessions.end_reason import EndedBy
from idp.sessions.session import Session, Sessions
from idp.web.client_info import ClientInfo
from relying_parties.policy import CardRemoval
from relying_parties.registry.registry import Registry

PATH: Final = "/card/removed"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 octets in base64url
_LARGEST_BODY: Final = 1024  # octets
_REMOVALS_A_MINUTE: Final = 600  # of one address, which may be a whole hospital at the end of a shift
_MINUTE: Final = timedelta(minutes=1)


class CardRemovals:
    """Ends the sessions of a pulled card, or notes that it was pulled."""

    def __init__(self, *, sessions: Sessions, registry: Registry, logout: SingleLogout, audit: Audit) -> None:
        self._sessions = sessions
        self._registry = registry
        self._logout = logout
        self._audit = audit

    def removed(self, token: bytes, client: ClientInfo) -> None:
        """The card of this presence token has left its reader. A token counts once; an invented one has no effect."""
        now = datetime.now(UTC)
        for session in self._sessions.of_pulled_card(token):
            self._sessions.note_card_removed(session, now)  # before the look: an application that comes now sees it
            if self._ends(session):
                self._logout.begin([session], by=EndedBy.CARD_REMOVED, client=client, has_browser=False)
            else:
                self._audit.record_durably(
                    AuditEntry(
                        kind=IdpAuditKind.CARD_REMOVED,
                        account=session.account_id,
                        session=session.sid,
                        address=client.address,
                        agent=client.agent,
                    )
                )
        self._sessions.forget_card(token)

    def _ends(self, session: Session) -> bool:
        applications = map(
            self._registry.by_identifier, (each.identifier for each in self._sessions.participations(session.sid))
        )
        return any(
            application is not None and application.card_removal is CardRemoval.END_SESSION
            for application in applications
        )


def card_removal_blueprint(removals: CardRemovals, throttle: Throttle) -> Blueprint:
    """The address that card software knows. Its caller is a program: it has no cookie, and reads only the status."""
    card_removal = Blueprint("card_removal", __name__)

    @card_removal.post(PATH)
    @accepts_cross_site_posts
    def removed() -> Response:
        client = ClientInfo.of(request)
        wait = throttle.allow_address("card.removed", client.address, limit=_REMOVALS_A_MINUTE, window=_MINUTE)
        if wait is not None:
            return _status(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(wait.seconds)})
        if (token := _posted_token()) is not None:
            removals.removed(token, client)
        return _status(HTTPStatus.NO_CONTENT, {})

    return card_removal


def _posted_token() -> bytes | None:
    """The token in the current request's body; None when there is none of the right form."""
    if request.mimetype != "application/json" or (request.content_length or 0) > _LARGEST_BODY:
        return None
    try:
        token = parse_json_object(request.get_data(cache=False)).get("token")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            return None
        return base64.b64decode(token + "=", altchars=b"-_", validate=True)
    except (InvalidJson, binascii.Error):
        return None


def _status(status: HTTPStatus, headers: dict[str, str]) -> Response:
    return Response(status=status, headers=headers | {"Cache-Control": "no-store"})
