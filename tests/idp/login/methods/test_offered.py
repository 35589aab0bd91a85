"""The methods by which a login begins: none that cannot help to reach the level that is required."""

import pytest

from idp.login.methods.card.factor import CARD
from idp.login.methods.card.method import CardMethod
from idp.login.methods.offered import LoginMethods
from idp.login.methods.password import PasswordMethod
from relying_parties.policy import AssuranceLevel
from tests.idp.login.methods.drawn_code import DrawnCodeMethod

BY_PASSWORD, BY_CARD, BY_CODE = (object.__new__(method) for method in (PasswordMethod, CardMethod, DrawnCodeMethod))


@pytest.mark.parametrize(
    ("offered", "level", "begin"),
    [
        ((BY_CARD, BY_PASSWORD), AssuranceLevel.PASSWORD, (BY_CARD, BY_PASSWORD)),
        ((BY_CARD, BY_PASSWORD), AssuranceLevel.TWO_FACTORS, (BY_CARD,)),
        ((BY_CARD, BY_PASSWORD), AssuranceLevel.CARD, (BY_CARD,)),
        ((BY_CARD, BY_PASSWORD, BY_CODE), AssuranceLevel.TWO_FACTORS, (BY_CARD, BY_PASSWORD)),
        ((BY_CARD, BY_PASSWORD, BY_CODE), AssuranceLevel.CARD, (BY_CARD,)),
        ((BY_PASSWORD, BY_CODE), AssuranceLevel.TWO_FACTORS, (BY_PASSWORD,)),
        ((BY_PASSWORD,), AssuranceLevel.CARD, (BY_PASSWORD,)),
    ],
)
def test_a_login_begins_by_the_methods_that_lead_to_its_level(offered, level, begin):
    assert LoginMethods(offered).that_open(level) == begin


def test_the_card_reaches_every_level_by_itself():
    assert CARD.alone is max(AssuranceLevel)
