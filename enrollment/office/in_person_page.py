"""A request in person, `/office/in-person`: an operator begins it with a person whose identity document they see.

What follows are the steps of any request (`applicant/steps`), in the operator's browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from flask import g, request
from werkzeug.wrappers import Response as AnyResponse

from config.audit.trail import AuditEntry
from config.conditions import Conditions
from config.web.forms import Problems
from config.web.pages import FormPage, render
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.office.operators import Operator, Permission
from enrollment.office.services import OfficeServices
from enrollment.office.views import OfficeViews
from enrollment.requests.in_person import IdentityDocument

ADDRESS: Final = "/office/in-person"
PROBLEMS: Final[Mapping[str, str]] = {
    "document": "in-person.document-missing",
    "conditions": "in-person.conditions-missing",
}


class Begin(Protocol):
    """Begins the request, and answers with the way to its first step."""

    def __call__(self, *, subject: str, name: str, document: IdentityDocument, entry: AuditEntry) -> AnyResponse: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InPersonPage(FormPage):
    """The kind of the identity document that was seen, and the conditions that the person accepts."""

    template: ClassVar[str] = "office/in-person.html"

    conditions: tuple[str, ...]
    conditions_version: str
    documents: tuple[str, ...] = tuple(IdentityDocument)
    document: str = ""

    @property
    def path(self) -> str:
        return ADDRESS


def add_in_person_page(views: OfficeViews, services: OfficeServices, conditions: Conditions, begin: Begin) -> None:
    def page(document: str = "", problems: Problems = ()) -> InPersonPage:
        g.section = ADDRESS
        return InPersonPage(
            conditions=conditions.paragraphs(services.web.language()),
            conditions_version=conditions.version,
            document=document,
            problems=problems,
        )

    @views.get(ADDRESS, Permission.ENROL)
    def in_person(_operator: Operator) -> AnyResponse:
        return render(page())

    @views.post(ADDRESS, Permission.ENROL)
    def begin_request(operator: Operator) -> AnyResponse:
        document = request.form.get("document", "")
        is_known = document in set(IdentityDocument)
        is_accepted = request.form.get("conditions") == "accepted"
        wrong = {"document": not is_known, "conditions": not is_accepted}
        if problems := tuple((name, PROBLEMS[name]) for name, is_wrong in wrong.items() if is_wrong):
            return render(page(document if is_known else "", problems), 422)
        return begin(
            subject=operator.subject,
            name=operator.name,
            document=IdentityDocument(document),
            entry=services.entry(EnrollmentAuditKind.BEGUN_IN_PERSON, operator, document=document),
        )
