"""The authorities that the services of these tests trust, read once."""

import pytest

from card_bridge.verification.trust import TrustedAuthorities
from card_bridge.vocabulary import CardEnvironment
from tests.builders.card_trust import trust_folder


@pytest.fixture(scope="session")
def trusted_authorities(authority, tmp_path_factory) -> TrustedAuthorities:
    folder = trust_folder(authority, tmp_path_factory.mktemp("trusted") / "authorities")
    return TrustedAuthorities.read(folder, CardEnvironment.TEST)
