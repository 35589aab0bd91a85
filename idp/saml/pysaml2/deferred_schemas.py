"""pysaml2's XML schemas, loaded lazily: we never validate with them.

Importing pysaml2 reads fourteen schemas by xmlschema, which takes a second and 12 MB
of each process. pysaml2 validates with them before it verifies a signature, which
idp/saml/xmlsec/signing.py does here. The module that loads them is imported when it is called.
Upstream: https://github.com/IdentityPython/pysaml2, saml2/xml/schema; when it reads
them lazily itself, tests/idp/saml/pysaml2/test_deferred_schemas.py tells.
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
    """Stands for pysaml2's own, which is not loaded yet."""


def defer() -> None:
    """Call this before pysaml2 is imported for the first time."""
    if MODULE not in sys.modules:
        sys.modules[MODULE] = _deferred()


def _deferred() -> ModuleType:
    deferred = ModuleType(MODULE, __doc__)
    deferred.__dict__.update(XMLSchemaError=XMLSchemaError, validate=_validate)
    return deferred


def _validate(document: Any, validator: Any = None) -> Any:
    """pysaml2's own `validate`."""
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
