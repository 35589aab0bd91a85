"""An address that forms are posted to may be opened in the address bar (config/web/form_addresses.py)."""

import pytest

from enrollment.app import MACHINE_PATHS
from tests.actors.enrollment import Enrollment


def test_every_address_that_a_form_is_posted_to_can_be_opened(enrollment: Enrollment):
    methods: dict[str, set[str]] = {}
    for rule in enrollment.app.url_map.iter_rules():
        methods.setdefault(rule.rule, set()).update(rule.methods or ())
    posted_only = {rule for rule, found in methods.items() if "POST" in found and "GET" not in found}
    assert {rule for rule in posted_only if not rule.startswith(MACHINE_PATHS)} == set()


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/verify/abc/again", "/verify/abc"),
        ("/office/requests/INS-2026-000001/decision", "/office/requests/INS-2026-000001"),
        ("/office/invitations/abc/withdrawal", "/office/invitations"),
        ("/office/deliveries/abc/retry", "/office/deliveries"),
    ],
)
def test_it_leads_back_to_the_page_of_the_form(enrollment: Enrollment, address: str, page: str):
    response = enrollment.app.test_client().get(address, base_url=enrollment.address)
    assert (response.status_code, response.headers["Location"]) == (303, page)
