"""A fault is JSON for programs, such as the card software, and a page for people."""

import pytest


@pytest.mark.parametrize("path", ["/card/hand-off/gone", "/card/removed", "/oidc/token", "/api/gone"])
def test_a_program_reads_a_fault_as_json(idp, path):
    assert idp.app.test_client().get(path).is_json


@pytest.mark.parametrize("path", ["/card/request/gone", "/card/enrollment/gone", "/account/gone"])
def test_a_person_reads_a_fault_on_a_page(idp, path):
    assert idp.app.test_client().get(path).mimetype == "text/html"
