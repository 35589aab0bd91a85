"""Fixtures of the tests of SAML."""

from pathlib import Path

import pytest

from tests.xmlsec1 import Xmlsec1

__all__ = ["xmlsec1"]


@pytest.fixture
def xmlsec1(tmp_path: Path) -> Xmlsec1:
    """The xmlsec1 program, a second implementation."""
    return Xmlsec1(tmp_path)
