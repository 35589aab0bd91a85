"""The decisions that the identity provider has not been told yet, or has refused, `/office/deliveries`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from flask import g, redirect
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from config.web.pages import Page, render
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.delivery.outbox import Delivery, NoSuchDelivery
from enrollment.office.operators import Operator, Permission
from enrollment.office.services import OfficeServices
from enrollment.office.views import OfficeViews


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveriesPage(Page):
    """The undelivered decisions, the oldest first."""

    template: ClassVar[str] = "office/deliveries.html"

    deliveries: Sequence[Delivery]
    may_retry: bool

    @property
    def path(self) -> str:
        return "/office/deliveries"


def add_deliveries_page(views: OfficeViews, services: OfficeServices) -> None:
    @views.get("/office/deliveries", Permission.READ)
    def deliveries(operator: Operator) -> AnyResponse:
        g.section = "/office/deliveries"
        may_retry = operator.may(Permission.RETRY_DELIVERY)
        return render(DeliveriesPage(deliveries=services.outbox.undelivered(), may_retry=may_retry))

    @views.post("/office/deliveries/<entry>/retry", Permission.RETRY_DELIVERY)
    def retry(operator: Operator, entry: str) -> AnyResponse:
        try:
            services.outbox.retry(entry)
        except NoSuchDelivery:
            raise NotFound from None
        services.audit.record_durably(services.entry(EnrollmentAuditKind.DELIVERY_RETRIED, operator, delivery=entry))
        return redirect("/office/deliveries", 303)
