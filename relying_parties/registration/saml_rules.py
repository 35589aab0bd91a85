"""The rules of a SAML registration: what the operator decides, checked against the service provider's metadata."""

from collections.abc import Iterator

from relying_parties.addresses import origin_of, posted_address_fault
from relying_parties.field_reader import Document
from relying_parties.policy import Capabilities
from relying_parties.problems import Problem, among, shown
from relying_parties.registration.saml_sp import (
    Encryption,
    MetadataOrigin,
    NameIdKind,
    SamlServiceProvider,
    SignatureAlgorithm,
    SignedParts,
    WeakAlgorithm,
)
from relying_parties.sp_metadata.service_provider import Binding, ServiceProvider

FIELDS = (
    "name_id",
    "signed_parts",
    "signature_algorithm",
    "encryption",
    "encrypt_name_id",
    "requests_signed",
    "idp_initiated",
    "ecp",
    "weak_algorithms",
    "automatic_key_update",
    "form_action_origins",
)
_MOST_ORIGINS = 16

_XMLENC = "http://www.w3.org/2001/04/xmlenc#"
_XMLENC11 = "http://www.w3.org/2009/xmlenc11#"
_GCM = frozenset(f"{_XMLENC11}aes{bits}-gcm" for bits in (128, 192, 256))
_CBC = frozenset(f"{_XMLENC}aes{bits}-cbc" for bits in (128, 192, 256))
_TRANSPORTS = frozenset({f"{_XMLENC}rsa-oaep-mgf1p", f"{_XMLENC11}rsa-oaep"})
_OTHER_TRANSPORT = f"{_XMLENC}rsa-1_5"
_KEY_WRAP = "#kw-"


def saml_terms_of(
    document: Document, capabilities: Capabilities, service_provider: ServiceProvider, metadata: MetadataOrigin
) -> SamlServiceProvider:
    """The SAML part of `document`; problems are added to `document.problems`."""
    terms = SamlServiceProvider(
        service_provider=service_provider,
        metadata=metadata,
        name_id=document.choice("name_id", NameIdKind, NameIdKind.PERSISTENT),
        signed_parts=document.choice("signed_parts", SignedParts, SignedParts.BOTH),
        signature_algorithm=document.choice("signature_algorithm", SignatureAlgorithm, SignatureAlgorithm.RSA_SHA256),
        encryption=document.choice("encryption", Encryption, Encryption.WHEN_POSSIBLE),
        encrypt_name_id=document.boolean("encrypt_name_id", default=False),
        requests_signed=document.boolean("requests_signed", default=service_provider.authn_requests_signed),
        idp_initiated=document.boolean("idp_initiated", default=False),
        ecp=document.boolean("ecp", default=False),
        weak_algorithms=_weak_algorithms(document),
        automatic_key_update=document.boolean("automatic_key_update", default=False),
        form_action_origins=_form_action_origins(document, capabilities),
    )
    for problem in contradictions(terms):
        document.refuse(problem.field, document.values.get(problem.field), problem.change)
    return terms


def contradictions(terms: SamlServiceProvider) -> Iterator[Problem]:
    """The terms that the metadata does not allow. Checked at registration, and again when the metadata changes."""
    metadata = terms.service_provider
    if metadata.authn_requests_signed and not terms.requests_signed:
        yield _problem("requests_signed", "the metadata declares signed requests: must be true, or left out")
    if terms.requests_signed and not metadata.signing_certificates:
        yield _problem("requests_signed", "the metadata has no key to verify signed requests with")
    if metadata.want_assertions_signed and not terms.signed_parts.assertion:
        change = f"the metadata wants the assertion signed: must be {SignedParts.BOTH} or {SignedParts.ASSERTION}"
        yield _problem("signed_parts", change)
    if terms.ecp and not any(each.binding is Binding.PAOS for each in metadata.assertion_consumer_services):
        yield _problem("ecp", "the metadata has no AssertionConsumerService with the PAOS binding")
    yield from _of_encryption(terms)


def _of_encryption(terms: SamlServiceProvider) -> Iterator[Problem]:
    keys = terms.service_provider.encryption_keys
    if terms.encrypt_name_id and (terms.encryption is Encryption.NEVER or not keys):
        yield _problem("encrypt_name_id", "needs an encryption key in the metadata, and encryption other than never")
    if terms.encryption is Encryption.REQUIRED and not keys:
        yield _problem("encryption", "the metadata has no encryption key: ask the application's operator for one")
    if terms.encryption is Encryption.NEVER or not keys:
        return
    # A key that we cannot encrypt for is refused: we never drop the encryption silently.
    faults = [_methods_fault({method.algorithm for method in key.methods}, terms.weak_algorithms) for key in keys]
    if all(faults):
        yield _problem("encryption", f"{faults[0]}, or declare never")


def _methods_fault(methods: set[str], exceptions: tuple[WeakAlgorithm, ...]) -> str | None:
    """Why we cannot encrypt for a key with these methods, or None. A key without methods leaves the choice to us."""
    transports = {*_TRANSPORTS, _OTHER_TRANSPORT}
    ciphers = {method for method in methods if method not in transports and _KEY_WRAP not in method}
    if _OTHER_TRANSPORT in methods and not methods & _TRANSPORTS:
        return "the metadata names no key transport other than RSA 1.5: ask the application's operator for RSA-OAEP"
    if not ciphers or ciphers & _GCM:
        return None
    if not ciphers & _CBC:
        return "the metadata names no cipher that we support: ask the application's operator for AES-GCM"
    if WeakAlgorithm.AES_CBC in exceptions:
        return None
    return (
        "the metadata names no cipher other than CBC: ask the application's operator for AES-GCM,"
        ' or add "aes-cbc" to weak_algorithms'
    )


def _weak_algorithms(document: Document) -> tuple[WeakAlgorithm, ...]:
    """The accepted weak algorithms, in the order of `WeakAlgorithm`."""
    declared = document.texts("weak_algorithms", most=len(WeakAlgorithm))
    for algorithm in declared:
        if algorithm not in list(WeakAlgorithm):
            document.refuse("weak_algorithms", algorithm, among(algorithm, WeakAlgorithm))
    return tuple(known for known in WeakAlgorithm if known in declared)


def _form_action_origins(document: Document, capabilities: Capabilities) -> tuple[str, ...]:
    """The further origins, each one valid in a Content-Security-Policy."""
    good = []
    for origin in document.texts("form_action_origins", most=_MOST_ORIGINS):
        fault = posted_address_fault(origin, loopback_http=capabilities.loopback_http)
        if fault is None and origin_of(origin) != origin:
            fault = f"must be an origin only: {origin_of(origin)}"
        if fault:
            document.refuse("form_action_origins", origin, fault)
        else:
            good.append(origin)
    return tuple(good)


def _problem(field: str, change: str) -> Problem:
    return Problem(field=field, received=shown(None), change=change)
