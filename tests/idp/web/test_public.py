"""The way to the service where people ask for an account, with the application that they came for."""

from dataclasses import replace

import pytest

from tests.actors.identity_provider import running

ENROLLMENT = "https://inscription.example/"


@pytest.mark.parametrize(
    ("url", "asked", "leads_to"),
    [
        (ENROLLMENT, "", ENROLLMENT),
        (ENROLLMENT, "?application=dcc", f"{ENROLLMENT}?application=dcc"),
        (f"{ENROLLMENT}?region=centre", "?application=dcc", f"{ENROLLMENT}?region=centre&application=dcc"),
        (ENROLLMENT, "?application=a%26b%23c%0d", f"{ENROLLMENT}?application=a%26b%23c%0D"),
    ],
)
def test_the_application_is_handed_over_to_enrollment(settings, database, url, asked, leads_to):
    with running(replace(settings, account_request_url=url)) as idp:
        answered = idp.app.test_client().get(f"/account/request{asked}")
    assert (answered.status_code, answered.location) == (303, leads_to)
