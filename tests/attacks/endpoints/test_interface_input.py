"""Whatever is sent to the interface for enrollment is done or refused with what to change: never a fault of ours."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders.acceptances import a_body, a_new_account, terms

ANSWERS = (200, 201, 403, 409, 413, 415, 422, 429)
INSTANTS = st.sampled_from(
    ["9999-12-31T23:59:59Z", "9999-12-31T00:00:00-23:59", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | INSTANTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
ACCOUNTS = [{"new": a_new_account()}, {"subject": "x"}, {"handle": "x", "reopen": True}]
ONE_INSTALLATION = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def changed_settings(secret_file):
    return {"enrollment_secret_file": secret_file}


def places(value, place=()):
    """The place of each value inside `value`."""
    yield place
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield from places(each, (*place, name))


def changed(body, place, value):
    """`body` with `value` at `place`."""
    if not place:
        return value
    body = copy.deepcopy(body)
    inner = body
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    return body


@ONE_INSTALLATION
@given(data=st.data(), value=VALUES)
def test_a_provisioning_with_another_value_somewhere(caller, administrator, onco_centre, data, value):
    body = a_body(
        administrator,
        account=data.draw(st.sampled_from(ACCOUNTS)),
        communities=[{"name": "onco-centre", **terms()}],
        entitlements=[{"client_id": "dcc", **terms(role="medecin", ends_at="2090-01-01T00:00:00Z")}],
    )
    place = data.draw(st.sampled_from(list(places(body))))
    request = data.draw(st.text("0123456789abcdef", min_size=32, max_size=32))
    for method, last in (("POST", "letter"), ("PUT", "1")):
        address = f"/api/provisionings/{request}/{last}"
        assert caller.calls(method, address, changed(body, place, value)).status_code in ANSWERS


@ONE_INSTALLATION
@given(body=VALUES | st.binary())
def test_matches_with_whatever_body(caller, administrator, body):
    assert caller.calls("POST", "/api/matches", body).status_code in ANSWERS
    if isinstance(body, dict):
        assert caller.calls("POST", "/api/matches", {"operator": administrator} | body).status_code in ANSWERS


@ONE_INSTALLATION
@given(header=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=200))
def test_whatever_authorization(idp, caller, header):
    answer = caller.calls("GET", "/api/offer", Authorization=header)
    assert answer.status_code in (401, 429)
