"""The page that posts a Response is rendered once for many applications: only their logo is part of it."""

from idp.login.respond import blank_page
from idp.web.application_summary import ApplicationOnPage

FIELDS = ("SAMLResponse", "RelayState")
DCC = ApplicationOnPage(
    name="DCC", login_button="au DCC", home_url="https://dcc.example/", request_url="/account/request?application=dcc"
)
PERINAT = ApplicationOnPage(
    name="Périnat", home_url="https://perinat.example/", request_url="/account/request?application=perinat"
)
WITH_LOGO = ApplicationOnPage(name="Trajectoire", logo_url="/logos/trajectoire/0f.png")


def test_applications_without_a_logo_share_one_page():
    assert blank_page(FIELDS, DCC, successful=True) == blank_page(FIELDS, PERINAT, successful=True)


def test_a_page_differs_by_the_logo_the_fields_and_the_outcome():
    pages = {
        blank_page(FIELDS, DCC, successful=True),
        blank_page(FIELDS, WITH_LOGO, successful=True),
        blank_page(FIELDS, None, successful=True),
        blank_page(FIELDS[:1], DCC, successful=True),
        blank_page(FIELDS, DCC, successful=False),
    }
    assert len(pages) == 5
