"""What tests of SAML share."""

from pathlib import Path

import pytest

from tests.fixtures.idp import browser, changed_settings, furnished, idp, jeanne, read_once, stocked
from tests.fixtures.metadata import office, publisher
from tests.fixtures.saml import messagerie
from tests.xmlsec1 import Xmlsec1

__all__ = [
    "browser",
    "changed_settings",
    "furnished",
    "idp",
    "jeanne",
    "messagerie",
    "office",
    "publisher",
    "read_once",
    "stocked",
    "xmlsec1",
]


@pytest.fixture
def xmlsec1(tmp_path: Path) -> Xmlsec1:
    """Somebody else's opinion."""
    return Xmlsec1(tmp_path)
