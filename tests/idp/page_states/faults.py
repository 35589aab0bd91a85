"""The pages of a fault: what was wrong, and where the person goes on."""

from config.web.pages import FaultPage, Page, SentRequest
from tests.idp.page_states.parts import HOME, PENDING

STATES: dict[str, Page] = {
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
