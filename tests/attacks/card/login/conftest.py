"""The identity provider offers the card."""

from typing import Any

import pytest

from card_bridge.workstation.virtual.authority import Authority
from tests.actors.identity_provider import IdentityProvider
from tests.fixtures.card_login import has_revocation_lists
from tests.fixtures.idp import idp as idp_without_lists

__all__ = ["idp_without_lists"]


@pytest.fixture
def changed_settings(card_settings: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, Any]:
    """Those of the card, and what a test wants otherwise (`indirect=True`)."""
    return card_settings | getattr(request, "param", {})


@pytest.fixture
def idp(idp_without_lists: IdentityProvider, authority: Authority) -> IdentityProvider:
    has_revocation_lists(idp_without_lists.services, authority)
    return idp_without_lists
