"""The pages of applicants in every state they can be in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config.conditions import read_conditions
from config.reference.countries import countries
from config.reference.departments import DEPARTMENTS
from config.reference.professions import PROFESSIONS
from config.reference.titles import CIVILITIES, TITLES
from config.web.pages import Page
from enrollment.applicant.drafts import Draft, Wanted
from enrollment.applicant.email_verification import LinkState, VerifyPage
from enrollment.applicant.entry import EntryPage
from enrollment.applicant.invitation import InvitationPage
from enrollment.applicant.proof_of_work import Challenge
from enrollment.applicant.resume import AskLinkPage, ResumePage
from enrollment.applicant.services import NoDraftPage
from enrollment.applicant.status import ConfirmPage, Question, StatusPage
from enrollment.applicant.steps.card import CardPage, CardReadingPage, CardReadPage, CardSoftwarePage
from enrollment.applicant.steps.check import CheckPage, CorrectEmailPage, SentPage
from enrollment.applicant.steps.person import PersonPage
from enrollment.applicant.steps.profile import ProfilePage, profile_page
from enrollment.applicant.steps.register_proposal import ProposalOnPage
from enrollment.applicant.summary import WantedOnPage, blocks_of
from enrollment.applicant.with_account import WithAccountPage
from enrollment.offer import read_offer
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.person import PERSON_FIELDS
from enrollment.requests.vocabulary import PartKind
from tests.actors.applicant import ELOISE_TYPES, key_of
from tests.builders.cards import a_card
from tests.builders.enrollment import a_person
from tests.builders.offer import OFFER

CONDITIONS = read_conditions(Path())

ENTRY = EntryPage(
    working_days=3,
    sign_on_url="https://id.example",
    conditions_version="4",
    conditions=CONDITIONS.paragraphs("fr"),
)

FIRST: dict[str, Any] = {"count": 4, "version": 1, "previous": "/", "then": ""}

PERSON = PersonPage(
    **FIRST | {"number": 2},
    values=ELOISE_TYPES,
    professions=tuple(sorted(each.label.french for each in PROFESSIONS.values())),
    civilities=tuple((code, label.french) for code, label in CIVILITIES.items()),
    titles=tuple((code, label.french) for code, label in TITLES.items()),
    countries=tuple(countries("fr").items()),
    departments=tuple(DEPARTMENTS.items()),
    towns=("Orléans",),
    closed_when_hidden=("Dossier communicant de cancérologie",),
)

MANY_PROBLEMS = (
    ("rpps", "rpps.key"),
    ("profession", "profession.unknown"),
    ("civility", "civility.missing"),
    ("given_name", "given_name.missing"),
    ("postcode", "postcode.shape"),
    ("town", "town.missing"),
    ("telephone", "telephone.not-a-number"),
    ("email", "email.invalid"),
    ("confidentiality", "confidentiality.missing"),
)


def the_draft(**columns: Any) -> Draft:
    """A draft of Éloïse that is in no database."""
    usual: dict[str, Any] = dict.fromkeys(PERSON_FIELDS, "") | {
        "id": "0" * 32, "kind": "first_account", "state": "draft", "language": "fr", "version": 1, "filled_by": {},
        "confidentiality": "professionals", "created_at": datetime(2026, 11, 29, 12, 58, tzinfo=UTC),
    }  # fmt: skip
    return Draft(request=EnrollmentRequest(**(usual | columns)), parts=())


def the_profile(*wanted: Wanted, confidentiality: str = "professionals", **columns: Any) -> ProfilePage:
    draft = the_draft(confidentiality=confidentiality)
    return replace(profile_page(draft, read_offer(OFFER), wanted, "fr"), **columns)


DCC = Wanted(kind=PartKind.APPLICATION, name="dcc", reason="Je présente mes patientes en réunion.")
ONCO = Wanted(kind=PartKind.COMMUNITY, name="onco-centre", reason="Avec le DCC.")

SENT_AT = datetime(2026, 11, 29, 12, 58, tzinfo=UTC)
TOKEN = "t" * 43

REQUEST = the_draft(**a_person(email="eloise.daubrac@exemple.test"), filled_by={"profession": "register"}).request
WANTED = tuple(
    WantedOnPage(id=str(number) * 32, kind=kind, name=name, reason=reason, role="", decision="open", refusal_words="")
    for number, (kind, name, reason) in enumerate(
        (
            ("account", "", ""),
            ("application", "Dossier communicant de cancérologie", "Je présente mes patientes en réunion."),
            ("community", "Onco Centre", "Avec le DCC."),
        )
    )
)

CHECK = CheckPage(
    **FIRST | {"number": 4},
    blocks=blocks_of(REQUEST, "fr"),
    wanted=WANTED,
    email="eloise.daubrac@exemple.test",
    challenge=Challenge(algorithm="SHA-256", challenge="0" * 64, maxnumber=50, salt="s?draft=1&", signature="0" * 64),
    is_address_known=False,
    change_person="/request/person?then=check",
    change_wanted="/request/profile?then=check",
)

SENT = SentPage(
    reference="INS-2026-004817",
    sent_at=SENT_AT,
    email="eloise.daubrac@exemple.test",
    is_verified=False,
    link_ends_at=SENT_AT + timedelta(hours=72),
    working_days=3,
)

STATUS = StatusPage(
    token=TOKEN,
    reference="INS-2026-004817",
    name="Docteur Éloïse d’Aubrac",
    state="pending",
    sent_at=SENT_AT,
    verified_at=SENT_AT,
    decided_at=None,
    closed_at=None,
    working_days=3,
    blocks=blocks_of(REQUEST, "fr"),
    wanted=WANTED,
    sign_on_url="https://id.example",
)

ASKED = replace(
    STATUS,
    state="more_asked",
    question=Question(
        words="Bonjour Docteur, le téléphone indiqué ne répond pas. Pouvez-vous compléter ?",
        asked_at=SENT_AT,
        answer_by=SENT_AT + timedelta(days=14),
        fields=("profession", "civility", "title", "country", "department", "confidentiality", "telephone", "rpps"),
        reasons=WANTED[1:2],
    ),
    values=ELOISE_TYPES,
    reasons={WANTED[1].id: WANTED[1].reason},
    professions=PERSON.professions,
    civilities=PERSON.civilities,
    titles=PERSON.titles,
    countries=PERSON.countries,
    departments=PERSON.departments,
)

INVITATION = InvitationPage(
    token=TOKEN,
    invited_by="Camille Ferrand",
    ends_at=SENT_AT + timedelta(days=30),
    approved=("Onco Centre", "Dossier communicant de cancérologie"),
    conditions_version="4",
    conditions=CONDITIONS.paragraphs("fr"),
)

WITH_ACCOUNT = WithAccountPage(
    name="Éloïse d’Aubrac", username="edaubrac", email="eloise.daubrac@exemple.test", is_renewal=False
)


def decided(decision: str, words: str = "") -> StatusPage:
    wanted = tuple(replace(each, decision=decision, refusal_words=words) for each in WANTED)
    return replace(STATUS, state="decided", decided_at=SENT_AT, wanted=wanted)


STATES: dict[str, Page] = {
    "entry": ENTRY,
    "entry-one-day": replace(ENTRY, working_days=1),
    "entry-for-an-application": replace(
        ENTRY, application="dcc", application_name="Dossier communicant de cancérologie"
    ),
    "entry-with-a-draft": replace(ENTRY, begun="/request/person"),
    "entry-not-accepted": replace(ENTRY, problems=(("conditions", "conditions.missing"),)),
    "no-draft": NoDraftPage(),
    "card": CardPage(**FIRST, number=1),
    "card-not-answered": CardPage(**FIRST, number=1, problems=(("card", "card.missing"),)),
    "card-not-read-here": CardPage(**FIRST, number=1, answer="yes"),
    "card-reading": CardReadingPage(**FIRST, number=1, ports=(16731,)),
    "card-refused": CardReadingPage(**FIRST, number=1, ports=(16731,), problems=(("card", "card.expired"),)),
    "card-software": CardSoftwarePage(
        **FIRST, number=1, addresses=tuple(f"http://127.0.0.1:{port}/hand-off" for port in (16731, 16732))
    ),
    "card-read": CardReadPage(**FIRST, number=1, card=a_card(), profession="Médecin"),
    "card-without-a-person": CardReadPage(
        **FIRST, number=1, card=a_card(national_id="3123456789", given_name="", card_type="CPE"), profession=""
    ),
    "person": PERSON,
    "person-empty": replace(PERSON, values=dict.fromkeys(ELOISE_TYPES, ""), towns=()),
    "person-with-problems": replace(
        PERSON,
        values=ELOISE_TYPES | {"rpps": "99700123451", "profession": "medcin", "given_name": "", "postcode": "4500"},
        problems=MANY_PROBLEMS,
        questions=frozenset({"rpps"}),
        suggestion="Médecin",
        towns=(),
    ),
    "person-filled": replace(
        PERSON,
        filled_by={
            "rpps": "card",
            "family_name": "card",
            "given_name": "card",
            "profession": "register",
            "civility": "register",
            "title": "register",
        },
    ),
    "person-changed-elsewhere": replace(PERSON, is_changed_elsewhere=True),
    "person-towns": replace(PERSON, towns=("Ardon", "Olivet"), are_towns_asked=True, then="check"),
    "person-no-town": replace(PERSON, towns=(), are_towns_asked=True),
    "person-proposed": replace(
        PERSON,
        proposal=ProposalOnPage(
            facts=(("profession", "Médecin"), ("title", "Docteur")),
            addresses=("CH de Bellefontaine, 3 rue des Ormes, 45800 Saint-Jean-de-Braye",),
            is_address_chosen=False,
        ),
    ),
    "person-nothing-proposed": replace(PERSON, is_nothing_proposed=True),
    "profile": the_profile(),
    "profile-rules": the_profile(
        DCC,
        problems=((f"want-{key_of('application', 'dcc')}", "wanted.needs-community"),),
    ),
    "profile-rules-met": the_profile(DCC, ONCO),
    "profile-hidden": the_profile(DCC, ONCO, confidentiality="hidden"),
    "profile-without-offer": profile_page(the_draft(), None, (), "fr"),
    "invitation": INVITATION,
    "invitation-not-accepted": replace(INVITATION, problems=(("conditions", "conditions.missing"),), approved=()),
    "more-access": WITH_ACCOUNT,
    "renewal": replace(WITH_ACCOUNT, is_renewal=True, application="dcc", application_name="Dossier communicant"),
    "check": CHECK,
    "check-wrong": replace(CHECK, problems=(("send", "bot.wrong-proof"), ("wanted", "wanted.needs-community"))),
    "check-with-account": replace(CHECK, number=2, count=2, is_address_known=True, change_person=None),
    "check-in-person": replace(CHECK, is_in_person=True),
    "sent": SENT,
    "sent-in-person": replace(SENT, is_verified=True, is_in_person=True),
    "sent-again": replace(SENT, is_mailed_again=True),
    "sent-verified": replace(SENT, is_verified=True),
    "correct-email": CorrectEmailPage(email="eloise.daubrac@exmple.test"),
    "correct-email-wrong": CorrectEmailPage(email="eloise@", problems=(("email", "email.invalid"),)),
    **{f"verify-{state}": VerifyPage(state=state, token=TOKEN, reference="INS-2026-004817") for state in LinkState},
    "verify-sent-again": VerifyPage(state=LinkState.ENDED, token=TOKEN, reference="INS-1", is_mailed_again=True),
    "resume-asked-for": AskLinkPage(purpose="resume", email="eloise.daubrac@exemple.test"),
    "follow": AskLinkPage(purpose="follow"),
    "follow-wrong": AskLinkPage(purpose="follow", email="eloise", problems=(("email", "email.invalid"),)),
    "follow-asked": AskLinkPage(purpose="follow", email="eloise.daubrac@exemple.test", is_asked=True),
    "resume": ResumePage(token=TOKEN),
    "resume-ended": ResumePage(token=None),
    "status-in-person": replace(STATUS, verified_at=None),
    "status-pending": STATUS,
    "status-more-asked": ASKED,
    "status-more-asked-wrong": replace(
        ASKED,
        problems=(
            ("profession", "profession.unknown"),
            ("telephone", "telephone.not-a-number"),
            ("rpps", "rpps.key"),
            (f"reason-{WANTED[1].id}", "wanted.reason-missing"),
            ("answer", "answer.too-long"),
        ),
        questions=frozenset({"rpps"}),
        suggestion="Médecin",
    ),
    "status-accepted": decided("accepted"),
    "status-refused": decided("refused", "Votre service n’est pas de la région."),
    "status-withdrawn": replace(STATUS, state="withdrawn", closed_at=SENT_AT),
    "status-withdrawn-in-part": replace(STATUS, state="withdrawn", closed_at=SENT_AT, given=WANTED[:2]),
    "status-lapsed": replace(STATUS, state="lapsed", closed_at=SENT_AT),
    "withdraw": ConfirmPage(token=TOKEN, reference="INS-2026-004817", act="withdraw", given=WANTED[:1]),
    "erase": ConfirmPage(token=TOKEN, reference="INS-2026-004817", act="erase"),
    "erase-delivering": ConfirmPage(token=TOKEN, reference="INS-2026-004817", act="erase", is_delivering=True),
    "erased": ConfirmPage(token="", reference="INS-2026-004817", act="erase", is_done=True),
}
