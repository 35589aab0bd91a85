"""The pages of operators in every state they can be in."""

from config.web.pages import Page
from enrollment.office.queue_page import QueuePage, QueueRow, SavedView

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
    tags=(("tag.email", ""), ("tag.duplicate", "warning")),
    came_from="DCC",
    assigned_name="Camille Ferrand",
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
    next_address="/office?after=1-a",
    first_address="/office",
)

STATES: dict[str, Page] = {
    "office-queue": QUEUE,
    "office-queue-empty": QueuePage(
        views=VIEWS,
        given=GIVEN | {"q": "Kerouan", "age": "5"},
        communities=(),
        applications=(),
        rows=(),
        next_address=None,
        first_address=None,
    ),
}
