"""Every page of the identity provider in every state it can be in: for the tests of pages, and to be looked at."""

from dataclasses import replace
from datetime import UTC, date, datetime
from inspect import getmembers, isclass
from pathlib import Path
from typing import Any

from flask import Flask, Response

import idp
from config.web import pages as web_pages
from config.web.pages import AccessibilityPage, FaultPage, Page, SentRequest, render
from idp.account_pages import password_pages, profile_pages, session_pages
from idp.account_pages.password_pages import (
    ChoosePasswordPage,
    ForgottenPasswordPage,
    ForgottenSentPage,
    LinkSpentPage,
    PasswordChangedPage,
)
from idp.account_pages.profile_pages import AssignmentOnPage, CardOnPage, IdentifierOnPage, ProfilePage
from idp.account_pages.session_pages import ApplicationInSession, HomePage, SessionPage
from idp.demo import letters as letters_pages
from idp.demo.letters import LetterOnPage, LettersPage
from idp.login import pages as login_pages
from idp.login.methods.base import MethodPanel
from idp.login.methods.card import pages as card_pages
from idp.login.methods.card.method import CardMethod
from idp.login.methods.card.pages import CardByBrowserPage, CardLoginRefusedPage, CardPanel, CardSoftwarePage
from idp.login.methods.password import PasswordMethod
from idp.login.pages import (
    AssuranceRefusedPage,
    ChangePasswordPage,
    ConditionsPage,
    ConfirmIdentityPage,
    ContinuePage,
    EntryRefusedPage,
    PostPage,
    SignOnPage,
    StartAgainPage,
)
from idp.logout import pages as logout_pages
from idp.logout.logout_request import RefusedReturn
from idp.logout.pages import ApplicationInLogout, ConfirmLogoutPage, GoingBackPage, SignedOutPage, SigningOutPage
from idp.settings import Settings
from idp.web import public as public_pages
from idp.web.application_summary import ApplicationOnPage
from idp.web.form_policy import with_form_action
from idp.web.protocol_response import FormPost, Redirect
from idp.web.public import AskForAccountPage
from idp.web.web_config import web_shell

MODULES = (
    web_pages,
    login_pages,
    card_pages,
    logout_pages,
    password_pages,
    profile_pages,
    session_pages,
    public_pages,
    letters_pages,
)
PAGES: frozenset[type[Page]] = frozenset(
    page for module in MODULES for _, page in getmembers(module, isclass) if issubclass(page, Page) and page is not Page
)
"""The pages that the shell and the identity provider declare."""

LOGO = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'%3E"
    "%3Crect width='48' height='48' rx='8' fill='%23dfe8f7'/%3E"
    "%3Cpath d='M12 34V14h8a10 10 0 0 1 0 20z' fill='none' stroke='%232b4c8c' stroke-width='4'/%3E"
    "%3Cpath d='M36 20v14M29 27h14' stroke='%232b4c8c' stroke-width='4'/%3E%3C/svg%3E"
)
HOME = "https://dcc.example/"
SAML_ANSWER = FormPost(
    action="https://dcc.example/acs", fields=(("SAMLResponse", "PHNhbWxwOlJl"),), origins=("https://dcc.example",)
)
DCC = ApplicationOnPage(name="Dossier Communicant de Cancérologie", home_url=HOME, logo_url=LOGO, login_button="au DCC")
PERINAT = ApplicationOnPage(name="Périnat Centre", home_url="https://perinat.example/")
PENDING = "q3Zs0uYJkPvX5mR1tA8cWg2LhN7bEfD4"
RULES = ("rule.length", "rule.not-personal", "rule.not-common", "rule.not-current")
LEGACY_RULES = (
    "rule.legacy-length",
    "rule.not-personal",
    "rule.not-common",
    "rule.not-previous",
    "rule.legacy-lifetime",
)
STARTED = datetime(2026, 11, 22, 8, 5, tzinfo=UTC)


BOTH = (
    CardPanel(
        method="card",
        template=CardMethod.template,
        ports=(16731, 16732),
        by_browser=True,
        connects_to=("http://127.0.0.1:16731", "http://127.0.0.1:16732"),
    ),
    MethodPanel(method="password", template=PasswordMethod.template),
)


def sign_on(**shown: Any) -> SignOnPage:
    """The sign-on page with the password's panel."""
    return SignOnPage(panels=(MethodPanel(method="password", template=PasswordMethod.template, is_open=True),), **shown)


STATES: dict[str, Page] = {
    "sign-on": sign_on(application=DCC, pending=PENDING),
    "sign-on-refused": sign_on(
        application=DCC, pending=PENDING, login_hint="jdupont", problems=(("password", "login.refused"),)
    ),
    "sign-on-missing": sign_on(
        application=PERINAT,
        pending=PENDING,
        problems=(("login", "login.missing"), ("password", "own-password.missing")),
    ),
    "sign-on-wait": sign_on(application=DCC, pending=PENDING, login_hint="jdupont", wait_seconds=30),
    "sign-on-again": sign_on(application=DCC, pending=PENDING, login_hint="jdupont", reason="login.recent"),
    "sign-on-card": SignOnPage(application=DCC, pending=PENDING, panels=BOTH),
    "sign-on-card-last": SignOnPage(
        application=DCC, pending=PENDING, panels=(replace(BOTH[0], is_open=True, was_used_last=True), BOTH[1])
    ),
    "sign-on-card-refused": SignOnPage(
        application=DCC,
        pending=PENDING,
        panels=(replace(BOTH[0], is_open=True), BOTH[1]),
        problems=(("card", "card.expired"),),
    ),
    "sign-on-card-alone": SignOnPage(
        application=DCC,
        pending=PENDING,
        reason="login.assurance",
        person="Jeanne Dupont",
        panels=(replace(BOTH[0], is_open=True, by_browser=False),),
    ),
    "sign-on-card-voluntary": SignOnPage(
        application=DCC,
        pending=PENDING,
        reason="login.voluntary-assurance",
        person="Jeanne Dupont",
        voluntary="card",
        panels=(replace(BOTH[0], is_open=True, by_browser=False),),
    ),
    "sign-on-voluntary": sign_on(
        application=DCC,
        pending=PENDING,
        reason="login.voluntary-assurance",
        person="Jeanne Dupont",
        voluntary="two-factors",
    ),
    "card-software": CardSoftwarePage(
        application=DCC,
        pending=PENDING,
        addresses=("http://127.0.0.1:16731/hand-off?ticket=t", "http://127.0.0.1:16732/hand-off?ticket=t"),
    ),
    "card-by-browser": CardByBrowserPage(
        application=DCC, pending=PENDING, address="https://0c2a.cps.id.example/card/tls/t"
    ),
    "card-unknown": CardLoginRefusedPage(
        reason="unknown-card", token="t", holder="Éloïse d’Aubrac", application=DCC, pending=PENDING
    ),
    "card-operator-needed": CardLoginRefusedPage(
        reason="operator-needed", token="", holder="Éloïse d’Aubrac", pending=PENDING
    ),
    "card-another-person": CardLoginRefusedPage(
        reason="another-person", token="", holder="Éloïse d’Aubrac", application=DCC, pending=PENDING
    ),
    "card-account-disabled": CardLoginRefusedPage(
        reason="account-disabled", token="", holder="Éloïse d’Aubrac", pending=PENDING
    ),
    "card-ended": CardLoginRefusedPage(reason="card-ended", token="", holder="Éloïse d’Aubrac", pending=PENDING),
    "sign-on-alone": sign_on(pending=PENDING, expires_in=1),
    "confirm-identity": ConfirmIdentityPage(display_name="Jeanne Dupont", application=DCC, pending=PENDING),
    "conditions": ConditionsPage(
        application=DCC,
        display_name="Jeanne Dupont",
        version="4",
        paragraphs=("Le compte est personnel.",),
        pending=PENDING,
    ),
    "conditions-alone": ConditionsPage(
        display_name="Jeanne Dupont", version="4", paragraphs=("Le compte est personnel.",), pending=PENDING
    ),
    "entry-refused": EntryRefusedPage(
        application=PERINAT, display_name="Jeanne Dupont", back=Redirect(url=PERINAT.home_url)
    ),
    "entry-refused-level": EntryRefusedPage(
        application=DCC, display_name="Jeanne Dupont", closing_level="hidden", back=Redirect(url=HOME)
    ),
    "assurance-refused": AssuranceRefusedPage(
        application=PERINAT, needed="two-factors", back=Redirect(url=PERINAT.home_url)
    ),
    "assurance-not-enrolled": AssuranceRefusedPage(application=DCC, needed="two-factors", is_offered=True),
    "assurance-refused-card": AssuranceRefusedPage(application=DCC, needed="card"),
    "assurance-without-card": AssuranceRefusedPage(
        application=DCC, needed="card", is_offered=True, display_name="Odile Riou"
    ),
    "continue": ContinuePage(application=DCC, url="https://dcc.example/callback?code=abc&state=def"),
    "continue-elsewhere": ContinuePage(application=PERINAT, url="example.perinat:/callback?code=abc"),
    "post": PostPage(application=DCC, form=SAML_ANSWER),
    "entry-refused-post": EntryRefusedPage(application=DCC, display_name="Jeanne Dupont", back=SAML_ANSWER),
    "start-again": StartAgainPage(reason="expired", application=DCC),
    "start-again-used": StartAgainPage(reason="used", application=PERINAT),
    "start-again-elsewhere": StartAgainPage(reason="other-browser"),
    "start-again-no-cookies": StartAgainPage(reason="no-cookies", application=DCC),
    "change-password": ChangePasswordPage(reason="requested", login="jdupont", rules=RULES),
    "change-password-expired": ChangePasswordPage(
        reason="expired",
        application=DCC,
        pending=PENDING,
        login="jdupont",
        expired_on=date(2026, 11, 1),
        rules=LEGACY_RULES,
    ),
    "change-password-refused": ChangePasswordPage(
        reason="must-change",
        application=PERINAT,
        pending=PENDING,
        login="jdupont",
        rules=RULES,
        problems=(
            ("current_password", "current-password"),
            ("new_password", "password.too-short"),
            ("new_password", "password.personal"),
        ),
    ),
    "change-password-proven": ChangePasswordPage(
        reason="expired", application=DCC, pending=PENDING, login="jdupont", rules=RULES, is_proven=True
    ),
    "change-password-wait": ChangePasswordPage(reason="requested", login="jdupont", rules=RULES, wait_seconds=240),
    "forgotten-password": ForgottenPasswordPage(back_url=f"/login/{PENDING}"),
    "forgotten-password-missing": ForgottenPasswordPage(problems=(("login", "sought.missing"),)),
    "forgotten-password-wait": ForgottenPasswordPage(login="jdupont", wait_seconds=600),
    "forgotten-sent": ForgottenSentPage(back_url=f"/login/{PENDING}"),
    "choose-password": ChoosePasswordPage(token="t0ken", login="jdupont", rules=RULES),
    "choose-password-refused": ChoosePasswordPage(
        token="t0ken", login="jdupont", rules=RULES, problems=(("new_password", "password.common"),)
    ),
    "password-changed": PasswordChangedPage(),
    "password-changed-first": PasswordChangedPage(client_id="dcc", application=DCC),
    "link-spent": LinkSpentPage(token="q3Zs0uYJkPvX5mR1tA8cWg2LhN7bEfD4"),
    "ask-for-account": AskForAccountPage(back_url=f"/login/{PENDING}"),
    "letters": LettersPage(
        letters=(
            LetterOnPage(
                to="jeanne.dupont@exemple.test",
                subject="Choisissez votre mot de passe",
                sent_at=STARTED,
                body="Bonjour,\n\nCe lien sert une fois, pendant 60 minutes.\nhttps://id.example/password/choose/abc",
                link="https://id.example/password/choose/abc",
            ),
        )
    ),
    "letters-none": LettersPage(),
    "accessibility": AccessibilityPage(),
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
    "confirm-logout": ConfirmLogoutPage(display_name="Jeanne Dupont", application=DCC, hidden=(("state", "xyz"),)),
    "confirm-logout-lapsed": ConfirmLogoutPage(display_name=None),
    "signed-out": SignedOutPage(
        applications=(
            ApplicationInLogout(name=DCC.name, outcome="not-notified", home_url=HOME),
            ApplicationInLogout(name=PERINAT.name, outcome="unconfirmed", home_url=PERINAT.home_url),
            ApplicationInLogout(name="Messagerie", outcome="retrying", home_url="https://messagerie.example/"),
            ApplicationInLogout(name="Agenda régional", outcome="closed", home_url="https://agenda.example/"),
        ),
        application=DCC,
        return_url=HOME,
        again_url=f"/logout/{PENDING}",
    ),
    "signed-out-all": SignedOutPage(applications=(ApplicationInLogout(name=DCC.name, outcome="closed"),)),
    "signed-out-another-person": SignedOutPage(
        applications=(ApplicationInLogout(name=DCC.name, outcome="notifying", home_url=HOME),),
        display_name="Paul Martin",
        again_url=f"/logout/{PENDING}",
    ),
    "signed-out-one-open": SignedOutPage(
        applications=(
            ApplicationInLogout(name=PERINAT.name, outcome="not-notified", home_url=PERINAT.home_url),
            ApplicationInLogout(name=DCC.name, outcome="closed"),
        )
    ),
    "signed-out-waiting": SignedOutPage(
        applications=(
            ApplicationInLogout(name=DCC.name, outcome="notifying", home_url=HOME),
            ApplicationInLogout(name="Messagerie", outcome="retrying", home_url="https://messagerie.example/"),
        ),
        again_url=f"/logout/{PENDING}",
    ),
    "signed-out-withdrawn": SignedOutPage(applications=(ApplicationInLogout(name=None, outcome="not-notified"),)),
    "signed-out-nothing-opened": SignedOutPage(),
    "signed-out-nobody": SignedOutPage(session_ended=False),
    "signed-out-no-way-back": SignedOutPage(
        refused_return=RefusedReturn(code="post_logout_redirect_uri.unregistered", reference="K7Q2M-9XWTF")
    ),
    "signing-out": SigningOutPage(
        applications=(
            ApplicationInLogout(name=DCC.name, outcome="closed"),
            ApplicationInLogout(name=PERINAT.name, outcome="redirected"),
            ApplicationInLogout(name="Messagerie", outcome="waiting"),
        ),
        to=PERINAT,
        response=Redirect(url="https://perinat.example/slo?SAMLRequest=fZFL&Signature=x"),
        skip_url=f"/logout/{PENDING}",
    ),
    "signing-out-post": SigningOutPage(
        applications=(ApplicationInLogout(name=DCC.name, outcome="redirected"),),
        to=DCC,
        response=FormPost(
            action="https://dcc.example/slo", fields=(("SAMLRequest", "PHNhbWw"),), origins=("https://dcc.example",)
        ),
        skip_url=f"/logout/{PENDING}",
    ),
    "going-back": GoingBackPage(application=DCC, response=Redirect(url=HOME)),
    "going-back-post": GoingBackPage(application=PERINAT, response=SAML_ANSWER),
    "fault-404": FaultPage(status=404, code="page.unknown", reference="7K3M9-QXT4B"),
    "fault-form": FaultPage(status=403, code="form.forged", reference="7K3M9-QXT4B", back_url=f"/login/{PENDING}"),
    "fault-405": FaultPage(status=405, code="request.method", reference="7K3M9-QXT4B", sent=SentRequest(method="GET")),
    "fault-413": FaultPage(
        status=413,
        code="request.too-large",
        reference="7K3M9-QXT4B",
        sent=SentRequest(method="POST", media_type="application/xml", octets=70_000),
    ),
    "fault-413-form": FaultPage(
        status=413,
        code="form.too-large",
        reference="7K3M9-QXT4B",
        back_url=f"/login/{PENDING}",
        sent=SentRequest(method="POST", media_type="application/x-www-form-urlencoded", octets=2_000_000),
    ),
    "fault-429": FaultPage(
        status=429, code="requests.too-many", reference="7K3M9-QXT4B", retry_after=30, retry_url="/"
    ),
    "fault-500": FaultPage(status=500, code="server.fault", reference="7K3M9-QXT4B", retry_url="/"),
    "fault-503": FaultPage(
        status=503, code="server.unavailable", reference="7K3M9-QXT4B", retry_after=30, retry_url="/account"
    ),
    "fault-redirect": FaultPage(
        status=400,
        code="redirect_uri.unregistered",
        reference="7K3M9-QXT4B",
        back_url=HOME,
        back_to="au DCC",
        received="https://dcc.example/callbak",
        registered=("https://dcc.example/callback",),
    ),
}


def preview_app(issuer: str = "http://localhost:8400") -> Flask:
    """An application that does nothing but show pages: `/page/<state>`."""
    settings = Settings.load(
        environment={"POTERNE_ENVIRONMENT": "development"},
        issuer=issuer,
        region="Santé Centre-Val de Loire",
        support_phone="02 00 00 00 00",
        support_email="assistance@exemple.test",
        mail_transport="folder",
    )
    app = Flask("idp", root_path=str(Path(idp.__file__).parent), static_folder=None)
    web_shell(settings).init_app(app)

    @app.get("/page/<state>")
    def page(state: str) -> Response:
        shown = STATES[state]
        taken = (getattr(shown, name, None) for name in ("response", "form", "back"))
        return with_form_action(render(shown), next(filter(None, taken), None))

    return app
