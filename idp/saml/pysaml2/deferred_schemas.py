"""pysaml2's XML schemas, left unread until someone validates by them: nobody here does.

Importing pysaml2 reads fourteen schemas by xmlschema, which takes a second and 12 MB
of each process; they are for its own check of signatures, in whose place is
`signing.py`. So the module that reads them is put in only when it is called.
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
    """In place of pysaml2's, which is not there yet."""


def defer() -> None:
    """Before pysaml2 is imported for the first time."""
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
