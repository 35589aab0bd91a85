"""Links that a person asks for by their e-mail address: to resume a draft, or to follow a request.

What is kept for the address is looked up by a job, after the page has answered: the answer is the same, and as quick,
whether there is something or nothing. Letters are counted by the job, each of them, and apart from those that verify an
address: a stranger who asks without end withholds no letter from the owner of the mailbox, and does not fill it.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.jobs import Jobs
from config.mail import Letters
from config.mail_addresses import mailbox_of
from config.redis.rate_limits import Throttle
from config.sql.database import Database
from enrollment.applicant.anti_bot import LETTERS_AT_MOST, WINDOW
from enrollment.letters import LetterKind, letter
from enrollment.requests.links import add_link
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import LinkPurpose
from enrollment.settings import EnrollmentSettings

JOB: Final = "mail-links"
MOST_LINKS: Final = 3
"""How many letters one demand sends, for as many requests of the address."""


class MailedLinks:
    """Asks for links, and mails them in a job."""

    def __init__(
        self, settings: EnrollmentSettings, database: Database, jobs: Jobs, letters: Letters, throttle: Throttle
    ) -> None:
        self._settings = settings
        self._database = database
        self._jobs = jobs
        self._letters = letters
        self._throttle = throttle
        jobs.register(JOB, self._mail)

    def ask(self, email: str) -> None:
        """Mail to this address the links to what is kept for it."""
        with self._database.transaction() as session:
            self._jobs.add(session, JOB, {"email": email})

    def _mail(self, payload: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        with self._database.transaction() as session:
            for request in self._of_address(session, str(payload["email"])):
                mailbox = mailbox_of(request.email)
                if self._throttle.allow("mailbox-links", mailbox, limit=LETTERS_AT_MOST, window=WINDOW) is None:
                    self._mail_link(session, request, now)

    def _of_address(self, session: Session, email: str) -> list[EnrollmentRequest]:
        """Those that the mailbox has verified first, then those that were sent: strangers may begin any number."""
        newest = EnrollmentRequest.changed_at.desc()
        known, sent = EnrollmentRequest.email_verified_at.is_(None), EnrollmentRequest.submitted_at.is_(None)
        wanted = (
            select(EnrollmentRequest)
            .where(func.lower(EnrollmentRequest.email) == email.lower(), EnrollmentRequest.erased_at.is_(None))
            .order_by(known, sent, newest)
            .limit(MOST_LINKS)
        )
        return list(session.scalars(wanted))

    def _mail_link(self, session: Session, request: EnrollmentRequest, now: datetime) -> None:
        settings = self._settings
        if request.state == RequestState.DRAFT:
            kind, purpose, path, lifetime = (
                LetterKind.RESUME, LinkPurpose.RESUME, "resume", settings.email_link_lifetime
            )  # fmt: skip
        elif request.state == RequestState.UNVERIFIED:
            kind, purpose, path, lifetime = (
                LetterKind.VERIFY_EMAIL, LinkPurpose.VERIFY_EMAIL, "verify", settings.email_link_lifetime
            )  # fmt: skip
        else:
            kind, purpose, path, lifetime = LetterKind.STATUS, LinkPurpose.STATUS, "status", None
        token = add_link(session, request.id, purpose, now=now, lifetime=lifetime)
        url = f"{settings.address}/{path}/{token}"
        self._letters.post(
            session,
            letter(
                kind,
                to=request.email,
                language=request.language,
                settings=settings,
                reference=request.reference or "",
                url=url,
                **({} if lifetime is None else {"lifetime": lifetime}),
            ),
        )
