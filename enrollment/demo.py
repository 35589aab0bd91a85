"""`enrollment demo-requests`: the queue of the demonstration, requests of invented people in every state.

Their numbers belong to nobody: RPPS 997 is the agency's test range, and the regulator
reserves the telephones for fiction.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.commands import ExitCode, echo, stop
from config.service_commands import Installation
from enrollment.demo_register import import_invented_register
from enrollment.office.decision import DecisionEvent
from enrollment.office.refusals import RefusalCode
from enrollment.requests.history import HistoryKind, add_event
from enrollment.requests.models import EnrollmentRequest, MoreAsked, RequestNote, RequestPart
from enrollment.requests.person import searched_name
from enrollment.requests.references import next_reference
from enrollment.requests.states import RequestState, is_final
from enrollment.requests.vocabulary import PartDecision, PartKind, RequestKind
from enrollment.settings import EnrollmentSettings

ONCO, DCC = (PartKind.COMMUNITY, "onco-centre"), (PartKind.APPLICATION, "dcc")
PERINAT = (PartKind.APPLICATION, "perinat")
OMEDIT, PALLIATIVE = (PartKind.COMMUNITY, "omedit-centre"), (PartKind.COMMUNITY, "soins-palliatifs")
OPERATOR: Final = {"operator_sub": "demonstration", "operator_name": "Paul Garnier"}
REASONS: Final = {
    "dcc": "Je présente mes patients en réunion de concertation pluridisciplinaire.",
    "onco-centre": "Je participe au réseau régional de cancérologie.",
    "perinat": "Je suis des grossesses à risque avec la maternité.",
    "omedit-centre": "Je suis référent du bon usage des médicaments.",
    "soins-palliatifs": "Je travaille avec l'équipe mobile.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """One invented request, sent `age` ago; `columns` are others of the request."""

    given_name: str
    family_name: str
    birth_name: str = ""
    profession: str
    rpps: str
    town: tuple[str, str]  # postcode and name
    state: RequestState = RequestState.PENDING
    age: timedelta
    parts: tuple[tuple[PartKind, str], ...] = ()
    columns: dict[str, Any] = field(default_factory=dict)

    @property
    def email(self) -> str:
        return f"{self.given_name}.{self.family_name}@exemple.test".lower().replace(" ", "-").replace("’", "")


def _days(days: float) -> timedelta:
    return timedelta(days=days)


ORLEANS, BLOIS, TOURS = ("45000", "Orléans"), ("41000", "Blois"), ("37000", "Tours")
BOURGES, CHARTRES = ("18000", "Bourges"), ("28000", "Chartres")

REQUESTS: Final = (
    Invented(
        given_name="Zoé", family_name="Lefèvre-Montoya", profession="60", rpps="99700000013", town=TOURS,
        age=_days(8.2), parts=(ONCO, DCC), columns={"reminders": 2, "target_application": "dcc", "civility": "MME"},
    ),
    Invented(
        given_name="Paul", family_name="Nkemba", profession="21", rpps="99700000021", town=BOURGES, age=_days(6.1),
        parts=(OMEDIT,), columns={"reminders": 1, "civility": "M"},
    ),
    Invented(
        given_name="Maëlys", family_name="Kerouan", profession="50", rpps="99700000039", town=BLOIS, age=_days(5.3),
        parts=(PERINAT,), columns={"reminders": 1, "target_application": "perinat", "civility": "MME"},
    ),
    Invented(
        given_name="Anne-Laure", family_name="Le Gall", profession="99", rpps="", town=ORLEANS, age=_days(3.2),
        columns={"civility": "MME", "email": "alegall@exemple.test"},
    ),
    Invented(
        given_name="Éloïse", family_name="d’Aubrac", birth_name="Villemont", profession="10", rpps="99700000104",
        town=ORLEANS, age=_days(1.1), parts=(ONCO, DCC, PALLIATIVE),
        columns={"title": "DR", "civility": "MME", "target_application": "dcc", "email": "eloise.daubrac@exemple.test"},
    ),
    Invented(
        given_name="Jeanne", family_name="Dupont", birth_name="Martin", profession="10", rpps="99700123450",
        town=ORLEANS, age=_days(0.9), parts=(DCC,),
        columns={"title": "DR", "civility": "MME", "email": "jdupont@exemple.test"},
    ),
    Invented(
        given_name="Bastien", family_name="Loiseleur", profession="10", rpps="99700000047", town=CHARTRES,
        age=_days(0.2), columns={"title": "DR", "civility": "M"},
    ),
    Invented(
        given_name="Idris", family_name="Belhadj", profession="70", rpps="99700000054", town=TOURS, age=_days(4),
        state=RequestState.MORE_ASKED, parts=(ONCO,), columns={"civility": "M"},
    ),
    Invented(
        given_name="Solène", family_name="Quéméneur", profession="60", rpps="99700000062", town=BLOIS, age=_days(12),
        state=RequestState.DECIDED, parts=(PALLIATIVE,), columns={"civility": "MME"},
    ),
    Invented(
        given_name="Tamara", family_name="Vasquez-Roy", profession="21", rpps="99700000070", town=BOURGES,
        age=_days(15), state=RequestState.WITHDRAWN, parts=(OMEDIT,), columns={"civility": "MME"},
    ),
    Invented(
        given_name="Lucien", family_name="Perrault", profession="95", rpps="99700000088", town=CHARTRES, age=_days(62),
        state=RequestState.LAPSED, columns={"civility": "M"},
    ),
    Invented(
        given_name="Nora", family_name="Haddad", profession="91", rpps="99700000096", town=TOURS, age=_days(0.1),
        state=RequestState.UNVERIFIED, columns={"civility": "MME"},
    ),
)  # fmt: skip


@click.command("demo-requests")
@click.pass_obj
def demo_requests(installation: Installation[EnrollmentSettings]) -> None:
    """Fill the queue of a development installation with requests of invented people, once."""
    if not installation.settings.is_development:
        stop(ExitCode.REFUSED, "not_development", "Invented requests are for the environment development.")
    installation.migrations.migrate(installation.database)
    with installation.database.transaction() as session:
        if session.scalar(select(EnrollmentRequest.id).limit(1)) is not None:
            echo("There are requests already: nothing is changed.")
            return
        now = datetime.now(UTC)
        for invented in REQUESTS:
            add_invented(session, invented, installation.settings, now)
    import_invented_register(installation.database)
    echo(f"{len(REQUESTS)} invented requests were added.")


def add_invented(session: Session, invented: Invented, settings: EnrollmentSettings, now: datetime) -> None:
    """Add one request with its parts and its history."""
    sent = now - invented.age
    ended = sent + timedelta(days=1)
    state = invented.state
    names = {
        "given_name": invented.given_name,
        "family_name": invented.family_name,
        "birth_name": invented.birth_name or invented.family_name,
    }
    columns: dict[str, Any] = {
        "id": uuid4().hex,
        "reference": next_reference(session, sent, ZoneInfo(settings.time_zone)),
        "kind": RequestKind.FIRST_ACCOUNT,
        "state": state,
        "language": "fr",
        "created_at": sent - timedelta(minutes=6),
        "submitted_at": sent,
        "changed_at": sent,
        "email_verified_at": None if state is RequestState.UNVERIFIED else sent + timedelta(minutes=3),
        "decided_at": ended if state is RequestState.DECIDED else None,
        "closed_at": ended if is_final(state) else None,
        "profession": invented.profession,
        "rpps": invented.rpps,
        "country": "FR",
        "street": "12, rue des Tilleuls",
        "postcode": invented.town[0],
        "town": invented.town[1],
        "department": invented.town[0][:2],
        "telephone": "+33261911234",
        "email": invented.email,
        "confidentiality": "professionals",
        "folded_name": searched_name(**names),
    }
    request = EnrollmentRequest(**(columns | names | invented.columns))
    session.add(request)
    session.flush()
    for kind, name in ((PartKind.ACCOUNT, ""), *invented.parts):
        part = RequestPart(
            id=uuid4().hex, request_id=request.id, kind=kind, name=name, reason=REASONS.get(name, ""),
            decision=PartDecision.OPEN,
        )  # fmt: skip
        if state is RequestState.DECIDED:
            part.decision, part.decided_at = PartDecision.REFUSED, ended
            part.refusal_code, part.refusal_words = RefusalCode.NOT_IDENTIFIED, "Joignez-nous par téléphone."
        session.add(part)
    _tell(session, request, sent, ended, settings)


def _tell(
    session: Session, request: EnrollmentRequest, sent: datetime, ended: datetime, settings: EnrollmentSettings
) -> None:
    """What has happened to a request, on its page."""
    add_event(session, request.id, HistoryKind.SENT, at=sent)
    if request.email_verified_at is not None:
        add_event(session, request.id, HistoryKind.EMAIL_VERIFIED, at=request.email_verified_at)
    by = {"by": OPERATOR["operator_name"]}
    match request.state:
        case RequestState.MORE_ASKED:
            add_event(session, request.id, DecisionEvent.MORE_ASKED, at=ended, actor="demonstration", detail=by)
            session.add(
                MoreAsked(
                    id=uuid4().hex, request_id=request.id, fields=["rpps"], words="Votre numéro RPPS est-il le bon ?",
                    asked_at=ended, answer_by=ended + settings.more_asked_lifetime, **OPERATOR,
                )
            )  # fmt: skip
        case RequestState.DECIDED:
            add_event(session, request.id, DecisionEvent.DECIDED, at=ended, actor="demonstration", detail=by)
        case RequestState.WITHDRAWN:
            add_event(session, request.id, HistoryKind.WITHDRAWN, at=ended)
    if request.family_name == "d’Aubrac":
        session.add(
            RequestNote(
                id=uuid4().hex, request_id=request.id,
                text="Vue au service, elle revient de congé.", at=sent + timedelta(hours=3), **OPERATOR,
            )
        )  # fmt: skip
