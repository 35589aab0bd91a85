"""More access, or the renewal of access that ends, for a person who has an account: they sign in, and steps 3 and 4 are
enough. Who they are is shown and not asked.
"""

from dataclasses import dataclass
from typing import ClassVar

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from config.web.pages import Page, render
from enrollment.applicant.drafts import Beginning
from enrollment.applicant.entry import BEGINNINGS, LONGEST_CLIENT_ID, known_application
from enrollment.applicant.person_fields import LONGEST
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import Step
from enrollment.requests.person import searched_name
from enrollment.requests.vocabulary import RequestKind
from enrollment.sign_in.person import SignedInPerson
from enrollment.sign_in.sessions import SignedInSession
from enrollment.sign_in.views import SignInPages


@dataclass(frozen=True, slots=True, kw_only=True)
class WithAccountPage(Page):
    """Who is signed in, and the button that begins."""

    template: ClassVar[str] = "applicant/with_account.html"

    name: str
    username: str
    email: str
    is_renewal: bool
    application: str = ""
    application_name: str | None = None

    @property
    def path(self) -> str:
        return "/renew" if self.is_renewal else "/more"


def with_account_blueprint(services: ApplicantServices, sign_in: SignInPages) -> Blueprint:
    pages = Blueprint("with_account", __name__)

    def page(person: SignedInPerson, *, is_renewal: bool) -> AnyResponse:
        application = request.args.get("application", "")[:LONGEST_CLIENT_ID]
        offer = services.offer() if application else None
        offered = offer.application(application) if offer else None
        return render(
            WithAccountPage(
                name=person.name,
                username=person.username,
                email=person.email,
                is_renewal=is_renewal,
                application=application,
                application_name=offered.display_name.in_language(services.web.language()) if offered else None,
            )
        )

    def begin(person: SignedInPerson, kind: RequestKind) -> AnyResponse:
        services.refuse_too_many("begin", BEGINNINGS)
        key = services.begin(
            Beginning(
                kind=kind,
                language=services.web.language(),
                target_application=known_application(services, request.form.get("application", "")),
                conditions_version=None,  # those of the account were accepted at the identity provider
                source_network=services.network(),
                account_subject=person.subject,
                person=person_columns(person),
            )
        )
        return services.with_draft(key, Step.PROFILE.address)

    @pages.get("/more")
    @sign_in.required
    def more(session: SignedInSession) -> AnyResponse:
        return page(session.person, is_renewal=False)

    @pages.post("/more")
    @sign_in.required
    def begin_more(session: SignedInSession) -> AnyResponse:
        return begin(session.person, RequestKind.MORE_ACCESS)

    @pages.get("/renew")
    @sign_in.required
    def renew(session: SignedInSession) -> AnyResponse:
        return page(session.person, is_renewal=True)

    @pages.post("/renew")
    @sign_in.required
    def begin_renewal(session: SignedInSession) -> AnyResponse:
        return begin(session.person, RequestKind.RENEWAL)

    return pages


def person_columns(person: SignedInPerson) -> dict[str, str]:
    """What a request keeps of a person who has an account: the account has the rest."""
    longest = LONGEST["family_name"]
    family_name, given_name = (person.family_name or person.name)[:longest], person.given_name[:longest]
    names = {"family_name": family_name, "given_name": given_name, "birth_name": ""}
    return {**names, "email": person.email, "folded_name": searched_name(**names)}
