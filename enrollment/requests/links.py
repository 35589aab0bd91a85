"""Mailed links to a request. A link holds a random token; the database holds its SHA-256 alone."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from enrollment.requests.models import EnrollmentRequest, RequestLink
from enrollment.requests.vocabulary import LinkPurpose

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def new_token() -> str:
    """256 random bits, in 43 characters that an address may hold."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token; it costs no more than a look-up, since nobody guesses 256 bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_token(text: str | None) -> bool:
    """Whether `text` has the form of a token."""
    return text is not None and _TOKEN.fullmatch(text) is not None


def add_link(
    session: Session, request_id: str, purpose: LinkPurpose, *, now: datetime, lifetime: timedelta | None
) -> str:
    """A new link in the caller's transaction; its token. Without a `lifetime` it is good as long as the request."""
    token = new_token()
    ends_at = None if lifetime is None else now + lifetime
    session.add(
        RequestLink(
            token_hash=token_hash(token), request_id=request_id, purpose=purpose, created_at=now, ends_at=ends_at
        )
    )
    return token


def find_link(
    session: Session, token: str, purpose: LinkPurpose, *, lock: bool = False
) -> tuple[RequestLink, EnrollmentRequest] | None:
    """The link of a token and its request, also when it was used or has ended; None when there is no such link.

    With `lock`, nothing else changes them until the caller's transaction ends.
    """
    if not is_token(token):
        return None
    wanted = (
        select(RequestLink, EnrollmentRequest)
        .join(EnrollmentRequest, EnrollmentRequest.id == RequestLink.request_id)
        .where(RequestLink.token_hash == token_hash(token), RequestLink.purpose == purpose)
    )
    row = session.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    return None if row is None else (row[0], row[1])


def is_good(link: RequestLink, now: datetime) -> bool:
    """Whether a link may be used: a status link many times, each other one once."""
    spent = link.used_at is not None and link.purpose != LinkPurpose.STATUS
    return not spent and (link.ends_at is None or now < link.ends_at)
