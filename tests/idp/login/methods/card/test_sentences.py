"""Every reason for which a card does not log in is said: on the sign-on page, or on a page of its own."""

import pytest

from card_bridge.verification.refusals import Refusal
from idp.accounts.login_failures import CardLoginRefusal
from idp.login.methods.card.method import REFUSALS_WITH_A_PAGE
from idp.login.methods.card.pages import CardLoginRefusedPage
from idp.messages import SENTENCES
from tests.idp.page_states import STATES

ON_THE_PAGE = [*Refusal, *(set(CardLoginRefusal) - REFUSALS_WITH_A_PAGE - {CardLoginRefusal.THROTTLED})]
"""A refusal by the throttle is shown as a wait."""


@pytest.mark.parametrize("reason", sorted(ON_THE_PAGE), ids=lambda reason: reason.value)
def test_each_reason_on_the_sign_on_page_says_what_is_wrong_and_what_to_do(reason):
    assert " : " in SENTENCES[f"card.{reason.value}"]


def test_each_other_reason_has_a_page():
    shown = {page.reason for page in STATES.values() if isinstance(page, CardLoginRefusedPage)}
    assert shown == REFUSALS_WITH_A_PAGE
