"""What keeps programs from filling the queue, without a picture to recognise (RGAA 1.5, WCAG 2.2 1.1.1).

A field that only programs fill in, a least time to fill in a request, a proof of work, and limits for each address,
each network and each mailbox. Without script there is no proof, and the limits are lower. In either case no operator
sees a request before its e-mail address is verified.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from config.mail_addresses import mailbox_of
from config.redis.rate_limits import Throttle, Visit
from enrollment.applicant.drafts import Draft
from enrollment.applicant.proof_of_work import Challenge, Proof, ProofOfWork

TRAP_FIELD: Final = "website"
PROOF_FIELD: Final = "altcha"

LEAST_TIME: Final = timedelta(seconds=5)
"""Nobody reads the conditions and fills in four pages faster."""

WINDOW: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often an address does something: `at_once`, then every `every` seconds; its network, four times as often.

    A hospital is one address. So nobody is shut out: a person who was refused and has waited comes before those who
    keep trying.
    """

    at_once: int
    every: float


SENDS: Final = {Proof.ACCEPTED: Pace(20, 30.0), Proof.ABSENT: Pace(5, 90.0)}
"""Requests that are sent, with a proof and without: each may write to the mailbox of a stranger."""

LETTERS_AT_MOST: Final = 5
"""How many letters of this service a mailbox is sent in an hour at the demand of a stranger."""
LETTERS_FROM_A_NETWORK: Final = 3
"""How many of them for requests that were begun in one network: the owner of the mailbox, elsewhere, has the others."""


class Suspicion(StrEnum):
    """Why a request is not sent now; the value is the code of its sentence."""

    TRAPPED = "bot.trapped"
    TOO_QUICK = "bot.too-quick"
    WRONG_PROOF = "bot.wrong-proof"


class AntiBot:
    """Judges what is sent."""

    def __init__(self, proofs: ProofOfWork, throttle: Throttle) -> None:
        self._proofs = proofs
        self._throttle = throttle

    def challenge(self, draft: Draft) -> Challenge:
        """What the browser works on while the person reads the page."""
        return self._proofs.challenge(draft.request.id)

    def judge(self, draft: Draft, *, trap: str, proof: str, visit: Visit) -> Suspicion | int | None:
        """Why the draft is not sent now, or how many seconds to wait; None when it may be sent."""
        if trap:
            return Suspicion.TRAPPED
        if datetime.now(UTC) - draft.request.created_at < LEAST_TIME:
            return Suspicion.TOO_QUICK
        found = self._proofs.check(proof, draft=draft.request.id)
        if found is Proof.REFUSED:
            return Suspicion.WRONG_PROOF
        pace = SENDS[found]
        wait = self._throttle.admit(f"send-{found.value}", visit, at_once=pace.at_once, every=pace.every)
        return None if wait is None else wait.seconds

    def may_write_to(self, email: str, *, network: str) -> bool:
        """Whether this mailbox may be sent one more letter now; what the page says does not depend on it.

        Args:
            network: the one in which the request was begun.
        """
        mailbox = mailbox_of(email)
        of_network = f"{mailbox} {network}"
        if self._throttle.allow("mailbox-network", of_network, limit=LETTERS_FROM_A_NETWORK, window=WINDOW):
            return False
        return self._throttle.allow("mailbox", mailbox, limit=LETTERS_AT_MOST, window=WINDOW) is None
