"""The page that shows a decision again, with the letters that leave, before anything is decided.

The identity provider writes the letter of an acceptance, and is asked for it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from config.mail import Letter
from config.web.pages import Page
from enrollment.idp_client import IdpClient, IdpRefused, IdpUnavailable, PreviewedLetter
from enrollment.idp_refusals import IdpRefusal
from enrollment.office.decision import Accept, Decided, Decision, Refuse
from enrollment.office.decision_form import Choice, DecisionValues
from enrollment.office.request_page import RequestPage
from enrollment.office.request_reading import WholeRequest
from enrollment.office.services import OfficeServices
from enrollment.requests.more_asked import person_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmedPart:
    """What is decided of one part; `ends_on` is its last day, as typed."""

    id: str
    name: str
    choice: str
    role: str
    starts_on: datetime | None
    ends_on: datetime | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceLetter:
    """The letter of an acceptance.

    Attributes:
        letter: as the identity provider would mail it, with "…" for its secret; None when it was not shown.
        refusal: why the identity provider would refuse the decision; None when it would not, or did not answer.
        problem: the same in English, as it has said it.
    """

    letter: PreviewedLetter | None = None
    refusal: IdpRefusal | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDecisionPage(Page):
    """The decisions, and the letters that leave with them.

    Attributes:
        left: the parts that stay as they are.
        waiting: the parts that another approver must accept too.
        reopened: the parts that were accepted and are to be decided again.
        asked: the fields of the person that are to be completed.
        reopens: the account that is reopened, when one was recognised.
        acceptance: the letter of the identity provider; None when it is sent nothing, or would mail nothing.
        letters: those of enrollment.
    """

    template: ClassVar[str] = "office/confirm.html"

    reference: str
    name: str
    email: str
    parts: tuple[ConfirmedPart, ...]
    left: tuple[str, ...]
    waiting: tuple[str, ...]
    reopened: tuple[str, ...]
    asked: tuple[str, ...]
    reopens: str
    acceptance: AcceptanceLetter | None
    letters: tuple[Letter, ...]
    values: DecisionValues

    @property
    def path(self) -> str:
        return f"/office/requests/{self.reference}"


def confirm_page(
    services: OfficeServices, whole: WholeRequest, page: RequestPage, decision: Decision, decided: Decided
) -> ConfirmDecisionPage:
    """The confirmation of `decision`.

    Args:
        page: that of the request, with the form as it was typed.
        decided: what the decision would do.
    """
    shown = {part.id: part for part in page.parts}
    zone = services.zone
    confirmed = []
    for part in whole.parts:
        typed = page.values.parts[part.id]
        if typed.choice not in (Choice.ACCEPT, Choice.REFUSE, Choice.ASK):
            continue
        chosen = decision.parts.get(part.id)
        confirmed.append(
            ConfirmedPart(
                id=part.id,
                name=shown[part.id].name,
                choice=typed.choice,
                role=dict(shown[part.id].roles).get(typed.role, ""),
                starts_on=chosen.starts_at if isinstance(chosen, Accept) else None,
                ends_on=datetime.fromisoformat(typed.ends).replace(tzinfo=zone)
                if isinstance(chosen, Accept) and typed.ends
                else None,
                words=chosen.words if isinstance(chosen, Refuse) else "",
            )
        )
    chosen_ids = {part.id for part in confirmed}
    recognised = next((each for each in page.accounts or () if each.handle == page.recognised), None)
    return ConfirmDecisionPage(
        reference=page.reference,
        name=page.name,
        email=whole.request.email,
        parts=tuple(confirmed),
        left=tuple(part.name for part in page.parts if part.decision == "open" and part.id not in chosen_ids),
        waiting=tuple(shown[part_id].name for part_id in decided.waiting),
        reopened=tuple(shown[part_id].name for part_id in decided.reopened),
        asked=person_fields(decision.ask_for),
        reopens="" if recognised is None else recognised.title,
        acceptance=_acceptance(services.idp, decided),
        letters=decided.letters,
        values=page.values,
    )


def _acceptance(idp: IdpClient, decided: Decided) -> AcceptanceLetter | None:
    if decided.provisioning is None:
        return None
    try:
        letter = idp.preview_letter(decided.request_id, decided.provisioning)
    except IdpRefused as refused:
        return AcceptanceLetter(refusal=IdpRefusal.of(refused.code), problem=refused.problem)
    except IdpUnavailable:
        return AcceptanceLetter()
    return None if letter is None else AcceptanceLetter(letter=letter)
