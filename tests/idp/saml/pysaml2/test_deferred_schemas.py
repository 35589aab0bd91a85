"""pysaml2's XML schemas are loaded at the first validation, which never happens here."""

import subprocess
import sys

import pytest
from saml2.samlp import AuthnRequest

from idp.saml.pysaml2 import deferred_schemas

pytestmark = pytest.mark.slow


def ran(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_the_adapter_loads_no_schema():
    assert ran("import sys, idp.container.saml; print('xmlschema' in sys.modules)") == "False"


def test_importing_pysaml2_alone_loads_all_schemas():
    """If this fails, an upgrade of pysaml2 has fixed it: remove deferred_schemas.py."""
    assert ran("import sys, saml2.sigver; print('xmlschema' in sys.modules)") == "True"


def test_validation_still_works():
    """Other code in the same process may validate, as pysaml2's service provider does."""
    with pytest.raises(deferred_schemas.XMLSchemaError):
        deferred_schemas._validate(str(AuthnRequest()))
    deferred_schemas._validate(
        '<samlp:SessionIndex xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">x</samlp:SessionIndex>'
    )
