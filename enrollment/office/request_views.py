"""The addresses of one request: its page, taking charge, notes, the recognised account, the decision."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from flask import Response, g, redirect, request
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response as AnyResponse

from config.typed_text import lines
from config.web.forms import Problems, posted_version
from config.web.pages import FaultPage, render
from config.web.request_id import current_request_id
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.office.confirm_page import confirm_page
from enrollment.office.decision import DecisionRefused
from enrollment.office.decision_form import DecisionValues, first_values, read_decision, read_values
from enrollment.office.duplicates import matching_accounts
from enrollment.office.handling import Handling
from enrollment.office.operators import Operator, Permission
from enrollment.office.request_lock import is_own
from enrollment.office.request_page import request_page
from enrollment.office.request_reading import WholeRequest, read_whole
from enrollment.office.services import OfficeServices
from enrollment.office.views import OfficeViews

ADDRESS: Final = "/office/requests/<reference>"
LONGEST_TYPED: Final = 10_000  # characters of a note that is too long, which the page shows again


def add_request_pages(views: OfficeViews, services: OfficeServices) -> None:
    handling = Handling(services.database, services.audit)

    def read(reference: str, operator: Operator) -> WholeRequest:
        g.section = "/office"
        whole = read_whole(services.database, services.rules, reference)
        if whole is None:
            raise NotFound(response=_fault_page(404, "request.not-found"))
        if is_own(whole.request, operator):
            raise Forbidden(response=_fault_page(403, "request.own"))
        return whole

    def show(
        whole: WholeRequest,
        operator: Operator,
        values: DecisionValues | None = None,
        problems: Problems = (),
        note: str = "",
    ) -> AnyResponse:
        typed = values or first_values(whole.request.version, whole.parts)
        is_just_decided = request.method == "GET" and "decided" in request.args
        page = request_page(
            services, whole, operator, typed, problems=problems, note=note, is_just_decided=is_just_decided
        )
        return render(page, 422 if problems else 200)

    def after(whole: WholeRequest, operator: Operator, act: Callable[[], None], field: str) -> AnyResponse:
        """Act, and go back to the page; a refusal is said on it."""
        try:
            act()
        except DecisionRefused as refused:
            return show(read(whole.request.reference or "", operator), operator, problems=((field, refused.code),))
        return redirect(f"/office/requests/{whole.request.reference}", 303)

    @views.get(ADDRESS, Permission.READ)
    def read_request(operator: Operator, reference: str) -> AnyResponse:
        whole = read(reference, operator)
        services.audit.record_durably(
            services.entry(EnrollmentAuditKind.REQUEST_READ, operator, reference=whole.request.reference or "")
        )
        return show(whole, operator)

    @views.post(f"{ADDRESS}/assignment", Permission.ASSIGN)
    def assign(operator: Operator, reference: str) -> AnyResponse:
        whole = read(reference, operator)
        to_me = request.form.get("take") == "yes"
        entry = services.entry(
            EnrollmentAuditKind.REQUEST_ASSIGNED,
            operator,
            reference=reference,
            to=operator.username if to_me else "nobody",
        )
        return after(
            whole,
            operator,
            lambda: handling.assign(whole.request.id, posted_version(), operator, to_me=to_me, entry=entry),
            "assignment",
        )

    @views.post(f"{ADDRESS}/notes", Permission.NOTE)
    def note(operator: Operator, reference: str) -> AnyResponse:
        whole = read(reference, operator)
        text = lines(request.form.get("note", ""))
        try:
            handling.note(whole.request.id, text, operator)
        except DecisionRefused as refused:
            return show(whole, operator, problems=(("note", refused.code),), note=text[:LONGEST_TYPED])
        return redirect(f"/office/requests/{reference}", 303)

    @views.post(f"{ADDRESS}/account", Permission.DECIDE)
    def recognise(operator: Operator, reference: str) -> AnyResponse:
        """The account that was posted must be one that the identity provider finds now."""
        whole = read(reference, operator)
        handle = request.form.get("handle", "")
        username = ""
        if handle:
            accounts = matching_accounts(services.idp, whole.request, operator) or ()
            found = next((each for each in accounts if each.handle == handle), None)
            if found is None:
                return show(whole, operator, problems=(("double", "account.unknown"),))
            username = found.title
        return after(
            whole,
            operator,
            lambda: handling.recognise(whole.request.id, posted_version(), operator, handle=handle, username=username),
            "double",
        )

    @views.post(f"{ADDRESS}/decision", Permission.DECIDE)
    def decide(operator: Operator, reference: str) -> AnyResponse:
        """Three buttons: `review` shows what would be decided, `confirm` decides it, `back` shows the form again."""
        whole = read(reference, operator)
        values = read_values(request.form, whole.parts)
        step = request.form.get("step", "review")
        if step == "back":
            return show(whole, operator, values)
        with services.web.using_language("en" if whole.request.language == "en" else "fr"):
            decision, problems = read_decision(values, whole.parts, zone=services.zone)
        offer = services.offer()
        if decision is not None and offer is None:
            problems = (("parts", "offer.unavailable"),)
        if decision is None or offer is None:
            return show(whole, operator, values, problems)
        try:
            if step == "confirm":
                services.decisions.decide(whole.request.id, decision, operator=operator, offer=offer)
                return redirect(f"/office/requests/{reference}?decided", 303)
            decided = services.decisions.rehearse(whole.request.id, decision, operator=operator, offer=offer)
        except DecisionRefused as refused:
            now = read(reference, operator)
            if refused.code == "decision.changed-meanwhile":  # the form can be sent again once it was read again
                values = replace(values, version=now.request.version)
            return show(now, operator, values, ((_field(refused), refused.code),))
        page = request_page(services, whole, operator, values)
        return render(confirm_page(services, whole, page, decision, decided))


def _fault_page(status: int, code: str) -> Response:
    return render(FaultPage(status=status, code=code, reference=current_request_id()), status=status)


def _field(refused: DecisionRefused) -> str:
    """The field that a refusal is about."""
    if refused.code == "decision.words-missing":
        return "words"
    return "parts" if refused.part is None else f"choice-{refused.part}"
