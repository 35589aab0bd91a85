"""Loads pysaml2's XML schemas lazily: we never validate with them.

Importing pysaml2 reads fourteen schemas with xmlschema, which takes a second and 12 MB in each process. pysaml2
validates with them before it verifies a signature; here idp/saml/xmlsec/verification.py verifies signatures. The module
that loads the schemas is imported at its first call. Upstream: https://github.com/IdentityPython/pysaml2,
saml2/xml/schema. tests/idp/saml/pysaml2/test_deferred_schemas.py fails when pysaml2 loads them lazily itself.
"""

import sys
from functools import cache
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import Any

MODULE = "saml2.xml.schema"

_lock = Lock()


class XMLSchemaError(Exception):
    """Replaces pysaml2's XMLSchemaError, which is not loaded yet."""


def defer() -> None:
    """Replace the schema module. Call this before the first import of pysaml2."""
    if MODULE not in sys.modules:
        sys.modules[MODULE] = _deferred()


def _deferred() -> ModuleType:
    deferred = ModuleType(MODULE, __doc__)
    deferred.__dict__.update(XMLSchemaError=XMLSchemaError, validate=_validate)
    return deferred


def _validate(document: Any, validator: Any = None) -> Any:
    """Call pysaml2's `validate`, which loads the schemas."""
    real = _real()
    try:
        return real.validate(document, validator)
    except real.XMLSchemaError as invalid:
        raise XMLSchemaError(str(invalid)) from invalid


@cache
def _real() -> Any:
    with _lock:
        deferred = sys.modules.pop(MODULE)
        try:
            return import_module(MODULE)
        finally:
            sys.modules[MODULE] = deferred
