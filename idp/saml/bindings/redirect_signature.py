"""Signatures of the HTTP-Redirect binding: SAML V2.0 Bindings, section 3.4.4.1.

The signature covers the octets of the query, not XML. It is verified over the query as it
was sent: decoding and encoding it again would refuse senders that escape in lower case.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import quote_plus, unquote, unquote_plus

from idp.keys.certificates import SigningIdentity
from idp.saml.xmlsec.algorithms import ACCEPTED, BY_URI, Accepted
from idp.saml.xmlsec.key_cache import public_key, type_of
from idp.saml.xmlsec.signature_value import signature_value, signing_for, verify_value
from idp.saml.xmlsec.verification import SignatureFault, SignatureRefused, algorithm_refused
from relying_parties.registration.saml_sp import SignatureAlgorithm
from relying_parties.sp_metadata.keys import MOST_SIGNING_KEYS

MESSAGES = ("SAMLRequest", "SAMLResponse")
RELAY_STATE = "RelayState"
ALGORITHM = "SigAlg"
SIGNATURE = "Signature"
UNIQUE_PARAMETERS = frozenset((*MESSAGES, RELAY_STATE, ALGORITHM, SIGNATURE, "SAMLEncoding"))


def sign_query(parameters: Mapping[str, str], identity: SigningIdentity, algorithm: SignatureAlgorithm) -> str:
    """The signed query of these parameters: `SAMLRequest` or `SAMLResponse`, and `RelayState` if there is one."""
    signing = signing_for(identity, algorithm)
    signed = "&".join(
        f"{name}={quote_plus(value)}"
        for name in (*MESSAGES, RELAY_STATE, ALGORITHM)
        if (value := signing.uri if name == ALGORITHM else parameters.get(name)) is not None
    )
    signature = signature_value(signed.encode("ascii"), identity, signing)
    return f"{signed}&{SIGNATURE}={quote_plus(b64encode(signature).decode('ascii'))}"


def verify_query(raw_query: str, certificates: Sequence[str], *, allowed: Accepted = ACCEPTED) -> None:
    """Verify the signature of a query, as it was in the request line, by the key of one of these certificates.

    Raises:
        SignatureRefused: the signature is missing or wrong, or a parameter occurs twice.
    """
    parameters = _escaped_parameters(raw_query)
    message = [name for name in MESSAGES if name in parameters]
    if len(message) != 1:
        raise SignatureRefused(SignatureFault.MALFORMED)
    if SIGNATURE not in parameters or ALGORITHM not in parameters:
        raise SignatureRefused(SignatureFault.MISSING)
    uri = unquote_plus(parameters[ALGORITHM])
    if uri not in allowed.signatures:
        raise algorithm_refused(uri, allowed.signatures)
    signing = BY_URI[uri]
    signed = "&".join(f"{name}={parameters[name]}" for name in (*message, RELAY_STATE, ALGORITHM) if name in parameters)
    try:
        signature = b64decode("".join(unquote(parameters[SIGNATURE]).split()), validate=True)
        octets = signed.encode("ascii")
    except ValueError:
        raise SignatureRefused(SignatureFault.MALFORMED) from None
    keys = [
        key
        for key in map(public_key, certificates[:MOST_SIGNING_KEYS])
        if key is not None and type_of(key) == signing.key_type
    ]
    if not keys:
        raise SignatureRefused(SignatureFault.NO_KEY)
    if not any(verify_value(signature, octets, key, signing) for key in keys):
        raise SignatureRefused(SignatureFault.WRONG)


def _escaped_parameters(raw_query: str) -> dict[str, str]:
    """The SAML parameters, with their values still escaped.

    Raises:
        SignatureRefused: a parameter occurs twice, or its name is escaped.
    """
    parameters: dict[str, str] = {}
    for part in raw_query.split("&"):
        written, _, value = part.partition("=")
        name = unquote_plus(written)
        if name not in UNIQUE_PARAMETERS:
            continue
        if name in parameters or written != name:
            raise SignatureRefused(SignatureFault.MALFORMED)
        parameters[name] = value
    return parameters
