"""What every login protocol can say: each refusal has a word of its own, in OpenID Connect and in SAML."""

import pytest

from idp.login.request import Refusal
from idp.oidc.authorization import response
from idp.saml.sso import protocol
from idp.saml.vocabulary import TopStatus


@pytest.mark.parametrize("refusal", Refusal)
@pytest.mark.parametrize("protocol", [response, protocol], ids=["oidc", "saml"])
def test_every_refusal_can_be_said(protocol, refusal):
    assert protocol.REFUSALS[refusal]


@pytest.mark.parametrize("refusal", Refusal)
def test_no_refusal_is_a_success(refusal):
    """SAML V2.0 Core, section 3.2.2.2."""
    assert protocol.REFUSALS[refusal].top is not TopStatus.SUCCESS
    assert protocol.REFUSALS[refusal].second is not None
