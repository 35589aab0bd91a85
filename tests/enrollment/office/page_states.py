"""The pages of operators in every state they can be in."""

from dataclasses import replace
from datetime import UTC, datetime

from config.mail import Letter
from config.reference.names import Likeness
from config.web.pages import Page
from enrollment.delivery.outbox import Delivery
from enrollment.idp_client import PreviewedLetter
from enrollment.idp_refusals import IdpRefusal
from enrollment.invitations.problems import InviteeFault
from enrollment.office.confirm_page import AcceptanceLetter, ConfirmDecisionPage, ConfirmedPart
from enrollment.office.decision_form import DecisionValues, PartValues
from enrollment.office.deliveries_page import DeliveriesPage
from enrollment.office.duplicates import Candidate
from enrollment.office.evidence import Evidence, Grade
from enrollment.office.history_lines import HistoryLine
from enrollment.office.in_person_page import InPersonPage
from enrollment.office.invitations_page import InvitationRow, InvitationsPage, ProblemRow
from enrollment.office.queue_page import QueuePage, QueueRow, SavedView
from enrollment.office.request_page import PartView, RequestPage
from enrollment.requests.models import MoreAsked, RequestNote

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)

GIVEN = dict.fromkeys(("q", "state", "part", "community", "origin", "assigned", "age"), "")

VIEWS = (
    SavedView(code="view.to-decide", address="/office", count=100, is_current=True),
    SavedView(code="view.mine", address="/office?assigned=me", count=12, is_current=False),
    SavedView(code="view.unassigned", address="/office?assigned=nobody", count=31, is_current=False),
    SavedView(code="view.old", address="/office?age=5", count=4, is_current=False),
    SavedView(code="view.more-asked", address="/office?state=more_asked", count=0, is_current=False),
    SavedView(code="view.decided", address="/office?state=decided", count=None, is_current=False),
)

ZOE = QueueRow(
    address="/office/requests/INS-2026-004688",
    name="Zoé Lefèvre-Montoya",
    profession="Infirmier",
    reference="INS-2026-004688",
    parts=("Compte", "Onco Centre", "DCC"),
    tags=(("tag.email", ""), ("tag.duplicate", "warning"), ("tag.region", "")),
    came_from="DCC",
    assigned_name="Camille Ferrand",
    assigned_to="sub-of-camille",
    waits_days=8,
    waits_hours=192,
    is_late=True,
    reminders=2,
)
BASTIEN = QueueRow(
    address="/office/requests/INS-2026-004830",
    name="Docteur Bastien Loiseleur",
    profession="Médecin",
    reference="INS-2026-004830",
    parts=("Compte",),
    tags=(("tag.card", "done"), ("tag.no-rpps", "warning"), ("tag.account", "done")),
    came_from="",
    assigned_name="",
    assigned_to="",
    waits_days=0,
    waits_hours=4,
    is_late=False,
    reminders=0,
)

QUEUE = QueuePage(
    views=VIEWS,
    given=GIVEN,
    communities=(("onco-centre", "Onco Centre"), ("soins-palliatifs", "Soins palliatifs")),
    applications=(("dcc", "DCC"),),
    rows=(ZOE, BASTIEN),
    export_address="/office/export.csv",
    next_address="/office?after=1-a",
    first_address="/office",
)

INVITATIONS = InvitationsPage(
    communities=(("onco-centre", "Onco Centre"), ("soins-palliatifs", "Soins palliatifs")),
    applications=(("dcc", "DCC"),),
    open=(
        InvitationRow(
            id="a" * 32,
            email="zoe.lefevre@exemple.test",
            name="Zoé Lefèvre-Montoya",
            approved=("Onco Centre", "DCC"),
            invited_by="Camille Ferrand",
            may_withdraw=True,
            ends_at=datetime(2026, 12, 31, 23, 0, tzinfo=UTC),
        ),
        InvitationRow(
            id="b" * 32,
            email="paul.nkemba@exemple.test",
            name="",
            approved=(),
            invited_by="Région Centre",
            may_withdraw=False,
            ends_at=datetime(2026, 12, 31, 23, 0, tzinfo=UTC),
        ),
    ),
)

IN_PERSON = InPersonPage(conditions=("Vous gardez votre mot de passe pour vous.",), conditions_version="4")

STATES: dict[str, Page] = {
    "office-in-person": IN_PERSON,
    "office-in-person-wrong": replace(
        IN_PERSON, problems=(("document", "in-person.document-missing"), ("conditions", "in-person.conditions-missing"))
    ),
    "office-invitations": INVITATIONS,
    "office-invitations-sent": replace(INVITATIONS, sent=2, is_withdrawn=True),
    "office-invitations-nothing": InvitationsPage(communities=(), applications=(), open=()),
    "office-invitations-wrong": replace(
        INVITATIONS,
        given=INVITATIONS.given | {"email": "zoe", "language": "en"},
        chosen=frozenset({"application:dcc"}),
        problems=(
            ProblemRow(field="email", code=InviteeFault.EMAIL),
            ProblemRow(field="approved", code=InviteeFault.APPLICATION_OF_OTHERS, detail="dcc"),
        ),
    ),
    "office-invitations-wrong-file": replace(
        INVITATIONS,
        problems=(
            ProblemRow(field="file", code=InviteeFault.EMAIL, line=3),
            ProblemRow(field="file", code=InviteeFault.NO_COMMUNITY, detail="ines.garreau@exemple.test, neuro"),
        ),
    ),
    "office-queue": QUEUE,
    "office-queue-empty": QueuePage(
        views=VIEWS,
        given=GIVEN | {"q": "Kerouan", "age": "5"},
        communities=(),
        applications=(),
        rows=(),
        export_address="/office/export.csv",
        next_address=None,
        first_address=None,
    ),
}


ACCOUNT = PartView(
    id="a" * 32,
    kind="account",
    name="Compte",
    decision="open",
    is_yours=True,
    approvers=1,
    accepted_by=(),
    no_longer=(),
    needs=(),
    falls_to_region=False,
    roles=(),
    role="",
    ends_at=None,
    reason="",
    refusal_words="",
)
ONCO = replace(
    ACCOUNT, id="b" * 32, kind="community", name="Onco Centre", decision="accepted", is_yours=False, ends_at=NOON
)
DCC = replace(
    ACCOUNT,
    id="c" * 32,
    kind="application",
    name="DCC",
    needs=("Onco Centre",),
    falls_to_region=True,
    roles=(("reader", "Lecture"), ("writer", "Lecture et écriture")),
    reason="Je présente mes patientes en réunion de concertation.",
)
PALLIATIVE = replace(
    ACCOUNT,
    id="d" * 32,
    kind="community",
    name="Soins palliatifs",
    is_yours=False,
    approvers=2,
    accepted_by=("Hugo Pradel",),
    no_longer=("Odile Riou",),
    reason="Je suis médecin référente de l’équipe mobile.",
)
PARTS = (ACCOUNT, ONCO, DCC, PALLIATIVE)

EVILLEMONT = Candidate(
    handle="handle-of-villemont",
    title="evillemont",
    is_disabled=True,
    name="Éloïse Villemont",
    rpps="99700123450",
    email="eloise.daubrac@exemple.test",
    profession="",
    likeness={
        "name": Likeness.SIMILAR,
        "rpps": Likeness.SAME,
        "email": Likeness.SAME,
        "profession": Likeness.DIFFERENT,
    },
)

VALUES = DecisionValues(
    version=3,
    parts={part.id: PartValues(choice="accept" if part is DCC else "later") for part in PARTS},
    words="Bienvenue, et bonne reprise.",
)

DELIVERY = Delivery(
    id="e" * 32,
    request_id="f" * 32,
    reference="INS-2026-004817",
    sequence=1,
    body={},
    created_at=NOON,
    called_at=NOON,
    delivered_at=None,
    refused_at=None,
    result=None,
    attempts=3,
    last_error="it answered 503",
    refusal_code=None,
)

REQUEST = RequestPage(
    reference="INS-2026-004817",
    version=3,
    name="Docteur Éloïse d’Aubrac",
    profession="Médecin",
    state="pending",
    submitted_at=NOON,
    came_from="DCC",
    assigned_name="Camille Ferrand",
    is_mine=True,
    person=(("rpps", "99700123450"), ("street", "12, rue des Tilleuls"), ("email", "eloise.daubrac@exemple.test")),
    evidence=(
        Evidence(code="card", outcome="verified", grade=Grade.GOOD),
        Evidence(code="email", outcome="verified", grade=Grade.GOOD),
        Evidence(code="rpps", outcome="well-formed", grade=Grade.NONE),
        Evidence(code="register", outcome="matched", grade=Grade.GOOD, of=NOON),
        Evidence(code="workplace", outcome="elsewhere", grade=Grade.DOUBTFUL, detail="CH de Bellefontaine"),
    ),
    requests=(replace(EVILLEMONT, handle="", title="INS-2026-004688", is_disabled=False),),
    accounts=(EVILLEMONT,),
    recognised="handle-of-villemont",
    compared=replace(EVILLEMONT, handle="", title="INS-2026-004817", name="Éloïse d’Aubrac", profession="Médecin"),
    parts=PARTS,
    values=VALUES,
    notes=(RequestNote(operator_name="Hugo Pradel", at=NOON, text="Vue au service, elle revient de congé."),),
    more_asked=(
        MoreAsked(operator_name="Hugo Pradel", words="Quel service ?", asked_at=NOON, answer_by=NOON, answer=""),
    ),
    history=(
        HistoryLine(code="event.sent", about="", by="", at=NOON),
        HistoryLine(code="event.enrolled", about="Passeport", by="Hugo Pradel", at=NOON),
        HistoryLine(code="event.part-accepted", about="Onco Centre", by="Hugo Pradel", at=NOON),
    ),
    deliveries=(DELIVERY,),
    may_decide=True,
    may_assign=True,
    may_note=True,
    may_retry=True,
)

REFUSED = replace(
    VALUES,
    parts={part.id: PartValues(choice="refuse", code="other", words="Non.") for part in PARTS},
    ask=frozenset({"town"}),
)

CONFIRM = ConfirmDecisionPage(
    reference="INS-2026-004817",
    name="Docteur Éloïse d’Aubrac",
    email="eloise.daubrac@exemple.test",
    parts=(
        ConfirmedPart(id="a" * 32, name="Compte", choice="accept", role="", starts_on=None, ends_on=None, words=""),
        ConfirmedPart(id="c" * 32, name="DCC", choice="accept", role="Lecture", starts_on=NOON, ends_on=NOON, words=""),
    ),
    left=("Soins palliatifs",),
    asked=(),
    waiting=(),
    reopened=(),
    reopens="evillemont",
    acceptance=AcceptanceLetter(
        letter=PreviewedLetter(
            to="eloise.daubrac@exemple.test",
            subject="Votre demande est acceptée",
            body="Bonjour Éloïse Villemont,\n\nBienvenue, et bonne reprise.\n",
            language="fr",
        )
    ),
    letters=(),
    values=VALUES,
)

STATES |= {
    "office-request": REQUEST,
    "office-request-to-take": replace(
        REQUEST, is_mine=False, assigned_name="", recognised="", deliveries=(), accounts=None, is_offer_known=False
    ),
    "office-request-just-decided": replace(
        REQUEST, is_just_decided=True, deliveries=(replace(DELIVERY, attempts=0, last_error=""),)
    ),
    "office-request-read-only": replace(
        REQUEST, may_decide=False, may_assign=False, may_note=False, state="decided", accounts=(), requests=(), notes=()
    ),
    "office-request-with-problems": replace(
        REQUEST,
        values=REFUSED,
        note="…",
        problems=(
            ("ask", "decision.fields-missing"),
            ("words", "decision.words-missing"),
            (f"code-{'a' * 32}", "decision.reason-missing"),
            (f"choice-{'d' * 32}", "decision.not-yours"),
            ("note", "note.missing"),
        ),
    ),
    "office-confirm": CONFIRM,
    "office-confirm-refusal": replace(
        CONFIRM,
        parts=(
            ConfirmedPart(
                id="a" * 32, name="Compte", choice="refuse", role="", starts_on=None, ends_on=None, words="Non."
            ),
        ),
        asked=("town", "telephone"),
        left=(),
        acceptance=None,
        letters=(
            Letter(
                to="eloise.daubrac@exemple.test", subject="Réponse", body="Bonjour,\n\nNon.\n", kind="k", language="fr"
            ),
        ),
        values=REFUSED,
    ),
    "office-confirm-unpreviewed": replace(
        CONFIRM, acceptance=AcceptanceLetter(), waiting=("Onco Centre",), reopened=("Palliatif",)
    ),
    "office-confirm-would-be-refused": replace(
        CONFIRM,
        acceptance=AcceptanceLetter(
            refusal=IdpRefusal.IDENTIFIER_TAKEN, problem="account: another account has proven this number"
        ),
    ),
    "office-deliveries": DeliveriesPage(
        deliveries=(DELIVERY, replace(DELIVERY, id="9" * 32, refused_at=NOON, refusal_code="login.taken")),
        may_retry=True,
    ),
    "office-deliveries-none": DeliveriesPage(deliveries=(), may_retry=False),
}
