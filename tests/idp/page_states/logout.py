"""The pages of a logout."""

from config.web.pages import Page
from idp.logout.logout_request import RefusedReturn
from idp.logout.pages import ApplicationInLogout, ConfirmLogoutPage, GoingBackPage, SignedOutPage, SigningOutPage
from idp.web.protocol_response import FormPost, Redirect
from tests.idp.page_states.parts import DCC, HOME, PENDING, PERINAT, SAML_ANSWER

STATES: dict[str, Page] = {
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
}
