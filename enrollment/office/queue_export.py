"""The export of a view of the queue, `/office/export.csv`: every request of the view, with what its lines show.

The file is written a page of the queue at a time. The trail has the filters, and not what was searched:
it may be a name.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from flask import Response, stream_with_context
from werkzeug.wrappers import Response as AnyResponse

from config.web.language import gettext
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.office.operators import Operator, Permission
from enrollment.office.queue import Filters, Queue, QueueLine
from enrollment.office.queue_page import EXPORT, filters_of, given_filters, queue_row
from enrollment.office.services import OfficeServices
from enrollment.office.spreadsheet import BYTE_ORDER_MARK, csv_line
from enrollment.office.views import OfficeViews


def add_queue_export(views: OfficeViews, services: OfficeServices) -> None:
    queue = Queue(services.database)

    @views.get(EXPORT, Permission.READ)
    def export(operator: Operator) -> AnyResponse:
        given = given_filters()
        now = datetime.now(UTC)
        told = {name: value for name, value in given.items() if name != "q"}
        told |= {"searched": "yes"} if "q" in given else {}
        services.audit.record_durably(services.entry(EnrollmentAuditKind.QUEUE_EXPORTED, operator, **told))
        lines = _lines(queue, filters_of(given, operator), services, now)
        response = Response(stream_with_context(lines), content_type="text/csv; charset=utf-8")
        name = gettext("demandes")
        day = f"{now.astimezone(services.zone):%Y-%m-%d}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}-{day}.csv"'
        return response


def _lines(queue: Queue, filters: Filters, services: OfficeServices, now: datetime) -> Iterator[str]:
    language = services.web.language()
    offer = services.offer()
    with services.web.using_language(language):
        yield BYTE_ORDER_MARK + csv_line(_header())
        after = None
        while True:
            page = queue.page(filters, now=now, after=after)
            for line in page.lines:
                row = queue_row(line, offer, services, now, language)
                yield csv_line(
                    (
                        row.reference,
                        row.name,
                        row.profession,
                        ", ".join(row.parts),
                        row.came_from,
                        row.assigned_name,
                        _received(line, services),
                        str(row.waits_days),
                        str(row.reminders),
                    )
                )
            if (after := page.next) is None:
                return


def _header() -> tuple[str, ...]:
    return (
        gettext("Référence"),
        gettext("Personne"),
        gettext("Profession"),
        gettext("Ce qui est demandé"),
        gettext("Venue de"),
        gettext("Suivie par"),
        gettext("Reçue le"),
        gettext("Jours d'attente"),
        gettext("Relances"),
    )


def _received(line: QueueLine, services: OfficeServices) -> str:
    """The local time at which the request was sent, as a spreadsheet reads it."""
    sent = line.request.submitted_at
    return "" if sent is None else f"{sent.astimezone(services.zone):%Y-%m-%d %H:%M}"
