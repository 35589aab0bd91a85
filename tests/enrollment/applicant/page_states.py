"""The pages of applicants in every state they can be in."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.conditions import read_conditions
from config.reference.countries import countries
from config.reference.departments import DEPARTMENTS
from config.reference.professions import PROFESSIONS
from config.reference.titles import CIVILITIES, TITLES
from config.web.pages import Page
from enrollment.applicant.drafts import Draft, Wanted
from enrollment.applicant.entry import EntryPage, NoDraftPage
from enrollment.applicant.steps.card import CardPage
from enrollment.applicant.steps.person import PersonPage
from enrollment.applicant.steps.profile import ProfilePage, profile_page
from enrollment.offer import read_offer
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.person import PERSON_FIELDS
from enrollment.requests.vocabulary import PartKind
from tests.actors.applicant import ELOISE_TYPES, key_of
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
    usual = dict.fromkeys(PERSON_FIELDS, "") | {
        "id": "0" * 32, "kind": "first_account", "state": "draft", "language": "fr", "version": 1, "filled_by": {},
        "confidentiality": "professionals", "created_at": datetime(2026, 11, 29, 12, 58, tzinfo=UTC),
    }  # fmt: skip
    return Draft(request=EnrollmentRequest(**(usual | columns)), parts=())


def the_profile(*wanted: Wanted, confidentiality: str = "professionals", **columns: Any) -> ProfilePage:
    draft = the_draft(confidentiality=confidentiality)
    return replace(profile_page(draft, read_offer(OFFER), wanted, "fr"), **columns)


DCC = Wanted(kind=PartKind.APPLICATION, name="dcc", reason="Je présente mes patientes en réunion.")
ONCO = Wanted(kind=PartKind.COMMUNITY, name="onco-centre", reason="Avec le DCC.")

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
    "profile": the_profile(),
    "profile-rules": the_profile(
        DCC,
        problems=((f"want-{key_of('application', 'dcc')}", "wanted.needs-community"),),
    ),
    "profile-rules-met": the_profile(DCC, ONCO),
    "profile-hidden": the_profile(DCC, ONCO, confidentiality="hidden"),
    "profile-without-offer": profile_page(the_draft(), None, (), "fr"),
}
