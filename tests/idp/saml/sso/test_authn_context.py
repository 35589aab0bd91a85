"""RequestedAuthnContext: what is needed, and what may be said of it (Core, section 3.3.2.2.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.saml.pysaml2.messages import RequestedContext
from idp.saml.sso.authn_context import KNOWN_CLASSES, NoAuthnContext, UnknownComparison, class_ref_for, required_level
from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel

PASSWORD, TWO, CARD = (CLASS[assurance] for assurance in AssuranceLevel)
UNKNOWN = "urn:unknown"


def asks(*classes: str, comparison: str = "exact") -> RequestedContext:
    return RequestedContext(comparison=comparison, classes=classes)


@pytest.mark.parametrize(
    ("context", "need", "said"),
    [
        (None, None, {"password": PASSWORD, "two-factors": TWO, "card": CARD}),
        (asks(PASSWORD), "password", {"password": PASSWORD, "two-factors": PASSWORD, "card": PASSWORD}),
        (asks(TWO), "two-factors", {"two-factors": TWO, "card": TWO}),
        (asks(CARD, PASSWORD), "password", {"password": PASSWORD, "two-factors": PASSWORD, "card": CARD}),
        (asks(UNKNOWN, CARD), "card", {"card": CARD}),
        (asks(TWO, comparison="minimum"), "two-factors", {"two-factors": TWO, "card": CARD}),
        (asks(CARD, PASSWORD, comparison="minimum"), "password", {"password": PASSWORD, "card": CARD}),
        (asks(TWO, comparison="maximum"), None, {"password": PASSWORD, "two-factors": TWO, "card": TWO}),
        (asks(PASSWORD, comparison="better"), "two-factors", {"two-factors": TWO, "card": CARD}),
        (asks(PASSWORD, TWO, comparison="better"), "card", {"card": CARD}),
    ],
)
def test_each_comparison_follows_core(context, need, said):
    assert required_level(context) == (AssuranceLevel(need) if need else None)
    assert {achieved: class_ref_for(context, AssuranceLevel(achieved)) for achieved in said} == said


@pytest.mark.parametrize(
    "context", [asks(UNKNOWN), asks(), asks(CARD, comparison="better"), asks(UNKNOWN, comparison="maximum")]
)
def test_a_context_that_no_level_satisfies_is_refused(context):
    with pytest.raises(NoAuthnContext):
        required_level(context)


@pytest.mark.parametrize("comparison", ["", "__class__", "EXACT", "exact "])
def test_another_comparison_is_refused(comparison):
    with pytest.raises(UnknownComparison):
        required_level(asks(PASSWORD, comparison=comparison))


@given(
    classes=st.lists(st.sampled_from([*KNOWN_CLASSES, UNKNOWN]), max_size=4),
    comparison=st.sampled_from(["exact", "minimum", "maximum", "better"]),
    achieved=st.sampled_from(AssuranceLevel),
)
def test_the_stated_class_always_satisfies_the_request(classes, comparison, achieved):
    context = asks(*classes, comparison=comparison)
    try:
        need = required_level(context)
    except NoAuthnContext:
        return
    if need is not None and achieved < need:
        return
    said, named = class_ref_for(context, achieved), [KNOWN_CLASSES[each] for each in classes if each in KNOWN_CLASSES]
    assert KNOWN_CLASSES[said] <= achieved
    match comparison:
        case "exact":
            assert said in classes
        case "minimum":
            assert KNOWN_CLASSES[said] >= min(named)
        case "maximum":
            assert KNOWN_CLASSES[said] <= max(named)
        case "better":
            assert KNOWN_CLASSES[said] > max(named)
