"""pysaml2's XML schemas are read when someone asks for them, which is never here."""

import subprocess
import sys

import pytest
from saml2.samlp import AuthnRequest

from idp.saml.pysaml2 import deferred_schemas

pytestmark = pytest.mark.slow


def ran(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_speaking_saml_reads_no_schema():
    assert ran("import sys, idp.container.saml; print('xmlschema' in sys.modules)") == "False"


def test_pysaml2_alone_reads_them_all():
    """When this fails an upgrade has mended it: take deferred_schemas.py away."""
    assert ran("import sys, saml2.sigver; print('xmlschema' in sys.modules)") == "True"


def test_whoever_validates_is_still_answered():
    """Other code of the same process may: pysaml2 as a service provider does."""
    with pytest.raises(deferred_schemas.XMLSchemaError):
        deferred_schemas._validate(str(AuthnRequest()))
    deferred_schemas._validate(
        '<samlp:SessionIndex xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">x</samlp:SessionIndex>'
    )
