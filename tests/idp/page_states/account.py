"""The pages of a person who is logged in: the home page, their session, and what the account holds."""

from datetime import date

from config.web.pages import Page
from idp.account_pages.profile_pages import AssignmentOnPage, CardOnPage, IdentifierOnPage, ProfilePage
from idp.account_pages.session_pages import ApplicationInSession, HomePage, SessionPage
from tests.idp.page_states.parts import DCC, HOME, PERINAT, STARTED

STATES: dict[str, Page] = {
    "home": HomePage(applications=(DCC, PERINAT)),
    "home-known": HomePage(display_name="Jeanne Dupont"),
    "session": SessionPage(
        display_name="Jeanne Dupont",
        login="jdupont",
        method="password",
        started_at=STARTED,
        ends_at=STARTED.replace(hour=12),
        idle_at=STARTED.replace(minute=35),
        applications=(
            ApplicationInSession(name=DCC.name, first_used=STARTED, home_url=HOME),
            ApplicationInSession(name=PERINAT.name, first_used=STARTED.replace(minute=12)),
        ),
        more_access_url="https://inscription.example/more",
    ),
    "profile": ProfilePage(
        display_name="Éloïse d’Aubrac",
        login="edaubrac",
        identity=(
            ("Prénom", "Éloïse"),
            ("Nom d’exercice", "d’Aubrac"),
            ("Nom de naissance", "Lefèvre-Montoya"),
            ("Civilité", "Madame"),
            ("Titre", "Docteur"),
            ("Profession", "Médecin"),
        ),
        contact=(
            ("Adresse électronique", "eloise.daubrac@exemple.test"),
            ("Langue des messages", "Français"),
            ("Département", "Loiret"),
            ("Téléphone", "02\N{NO-BREAK SPACE}61\N{NO-BREAK SPACE}91\N{NO-BREAK SPACE}00\N{NO-BREAK SPACE}00"),
        ),
        address=("Centre hospitalier", "14 avenue de l’Hôpital", "45067 Orléans CEDEX 2"),
        is_email_verified=True,
        identifiers=(
            IdentifierOnPage(name="rpps", value="99700123450", proof="card"),
            IdentifierOnPage(name="adeli", value="459912346", proof="operator", proven_on=date(2026, 3, 2)),
            IdentifierOnPage(name="national", value="ANS20231122132732", proof="typed"),
        ),
        cards=(
            CardOnPage(
                type="CPS",
                ending="0006",
                status="bound",
                expires_on=date(2029, 6, 30),
                since=date(2026, 11, 2),
                last_used_on=date(2026, 11, 29),
            ),
            CardOnPage(type="CPE", ending="0005", status="waiting", expires_on=date(2028, 3, 14)),
            CardOnPage(
                type="CPS",
                ending="0002",
                status="bound",
                expires_on=date(2027, 1, 15),
                validity="expires-soon",
                since=date(2024, 1, 15),
                last_used_on=date(2026, 11, 12),
            ),
            CardOnPage(
                type="CPS",
                ending="0001",
                status="ended",
                expires_on=date(2026, 12, 31),
                since=date(2023, 12, 31),
                ended_on=date(2026, 11, 2),
            ),
        ),
        communities=(
            AssignmentOnPage(name="Onco Centre", since=date(2026, 1, 5), role="coordinatrice"),
            AssignmentOnPage(name="Soins palliatifs", since=date(2026, 12, 1), starts_on=date(2026, 12, 1)),
        ),
        applications=(
            AssignmentOnPage(
                name=DCC.name,
                since=date(2026, 1, 5),
                role="secretaire",
                last_day=date(2026, 12, 31),
                renewal_url="https://inscription.example/renew?application=dcc",
            ),
            AssignmentOnPage(name=PERINAT.name, since=date(2025, 1, 5), last_day=date(2025, 12, 31), has_ended=True),
            AssignmentOnPage(
                name="Omédit Observatoire",
                since=date(2027, 1, 1),
                starts_on=date(2027, 1, 1),
                last_day=date(2027, 6, 30),
            ),
        ),
        confidentiality="hidden",
        closed_applications=(DCC.name,),
    ),
    "profile-short": ProfilePage(
        display_name="Paul Martin",
        login="pmartin",
        identity=(("Prénom", "Paul"), ("Nom d’exercice", "Martin")),
        contact=(("Adresse électronique", "paul.martin@exemple.test"), ("Langue des messages", "Français")),
    ),
    "session-empty": SessionPage(
        display_name="Zoé Lefèvre-Montoya",
        login="zlefevremontoya",
        method="two-factors",
        started_at=STARTED,
        ends_at=STARTED.replace(hour=12),
        idle_at=STARTED.replace(minute=35),
    ),
}
