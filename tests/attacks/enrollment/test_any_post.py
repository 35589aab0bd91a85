"""Whatever is asked of a page of applicants, or posted to it, the answer is a page and never a fault of ours."""

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrollment.applicant.anti_bot import PROOF_FIELD, TRAP_FIELD
from enrollment.requests.person import PERSON_FIELDS
from tests.actors.applicant import Applicant, key_of

BLUEPRINTS = ("entry", "card", "person", "profile", "check", "verification", "resume", "status", "invitation")
FIELDS = [
    *PERSON_FIELDS, *(f"{name}-{key_of('application', 'dcc')}" for name in ("want", "reason", "role")), "version",
    "find", "add", "conditions", "conditions_version", "application", "card", "rpps_confirmed", "answer", "here",
    PROOF_FIELD, TRAP_FIELD, "then",
]  # fmt: skip
STRANGE = st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "\ud7ff",
        "'",
        '"',
        "<b>",
        "=1+1",
        "9" * 300,
        "-1",
        "1e9",
        "é" * 200,
        "a\nb",
        "\u202e",
        "..",
        "%",
        "10",
    ]
)
TEXTS = st.one_of(STRANGE, st.text(max_size=60))
FORMS = st.dictionaries(st.sampled_from(FIELDS), TEXTS, max_size=12)
STEPS = st.sampled_from(["entry", "card", "person", "profile", "check", "sent"])


@pytest.fixture
def applicants(enrollment) -> Iterator[dict[str, Applicant]]:
    """Somebody at each step, who has just opened its page."""
    at: dict[str, Applicant] = {}
    for step in ("entry", "card", "person", "profile", "check", "sent"):
        somebody = at[step] = Applicant(enrollment.a_browser(), enrollment.address)
        somebody.visits("/")
        if step in ("check", "sent"):
            somebody.comes_to_the_check("application:perinat")
            if step == "sent":
                somebody.finishes()
            continue
        if step != "entry":
            somebody.begins()
        if step in ("person", "profile"):
            somebody.has_no_card()
        if step == "profile":
            somebody.says_who_they_are()
    return at


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), step=STEPS, form=FORMS, token=st.one_of(st.just("x" * 43), st.text(min_size=1, max_size=50)))
def test_no_post_and_no_address_is_a_fault_of_ours(enrollment, applicants, data, step, form, token):
    rules = [rule for rule in enrollment.app.url_map.iter_rules() if rule.endpoint.split(".")[0] in BLUEPRINTS]
    rule = data.draw(st.sampled_from(sorted(rules, key=str)), label="rule")
    browser = applicants[step].browser
    browser._address = f"198.51.{next(ADDRESSES) % 250}.{next(ADDRESSES) % 250}"  # nobody is slowed down by limits
    adapter = enrollment.app.url_map.bind("127.0.0.1:8401", url_scheme="http")
    address = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, token), force_external=True)
    is_post = "POST" in (rule.methods or ()) and data.draw(st.booleans(), label="POST")
    posting = form | {"form_token": applicants[step].page.forms[0].hidden["form_token"]} if is_post else None
    response = browser.asks(address, posting=posting)
    assert response.status_code < 500
    assert "Traceback" not in response.text


ADDRESSES = count(1)
