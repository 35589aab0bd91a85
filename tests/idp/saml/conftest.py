"""What tests of SAML share."""

from pathlib import Path

import pytest

from tests.xmlsec1 import Xmlsec1

__all__ = ["xmlsec1"]


@pytest.fixture
def xmlsec1(tmp_path: Path) -> Xmlsec1:
    """Somebody else's opinion."""
    return Xmlsec1(tmp_path)
