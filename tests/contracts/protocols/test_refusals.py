"""Every refusal has an error in OpenID Connect and a status in SAML."""

import pytest

from idp.login.request import Refusal
from idp.login.requirements import UnmetRequirement
from idp.oidc.authorization import response
from idp.saml.sso import refusals
from idp.saml.vocabulary import TopStatus


@pytest.mark.parametrize("refusal", Refusal)
@pytest.mark.parametrize("protocol", [response, refusals], ids=["oidc", "saml"])
def test_every_refusal_has_an_error_or_a_status(protocol, refusal):
    assert protocol.REFUSALS[refusal]


@pytest.mark.parametrize("refusal", Refusal)
def test_no_refusal_is_a_success(refusal):
    """SAML V2.0 Core, section 3.2.2.2."""
    for table in (refusals.REFUSALS, refusals.REFUSALS_OF_ENHANCED_CLIENTS):
        assert table[refusal].top is not TopStatus.SUCCESS
        assert table[refusal].second is not None


@pytest.mark.parametrize("requirement", UnmetRequirement)
def test_an_enhanced_client_is_refused_with_a_status_for_every_requirement(requirement):
    assert refusals.refusal_of_enhanced_client(requirement).second is not None
