"""OCSP responses (RFC 6960): asked about single certificates while the list of their authority is not fresh.

A response counts when the authority has signed it, or a responder to which the authority has delegated that, and when
it is about the certificate that was asked about.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from card_bridge.verification.algorithms import is_strong_hash
from card_bridge.verification.revocation import RESPONSES, TOLERATED_SKEW, response_key
from card_bridge.verification.tables import OcspResponseRow
from card_bridge.verification.trust import Authority
from card_bridge.verification.unreadable import UNREADABLE
from config.sql.database import Database
from config.sql.versioned_cache import bump

LARGEST_RESPONSE: Final = 65_536  # octets
LONGEST_WITHOUT_END: Final = timedelta(hours=12)  # of a response that does not say when the next one follows
REQUEST_TYPE, RESPONSE_TYPE = "application/ocsp-request", "application/ocsp-response"
_SHA1: Final = SHA1()  # noqa: S303 - it names authorities, as RFC 6960 section 4.3 has it, and signs nothing

Post = Callable[[bytes], bytes]
"""Sends a request to the responder, and returns its answer."""


class ResponseRefused(ValueError):
    """An OCSP response is not accepted. The message says why, and repeats nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedResponse:
    """A response that the authority, or its responder, has signed."""

    is_revoked: bool
    this_update: datetime
    next_update: datetime


def ocsp_request(authority: Authority, serial_number: int) -> bytes:
    """A request about one certificate, in DER."""
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(*_names(authority, _SHA1), serial_number, _SHA1)
    return builder.build().public_bytes(Encoding.DER)


def check_response(octets: bytes, authority: Authority, serial_number: int, *, now: datetime) -> CheckedResponse:
    """Read a response and verify it: RFC 6960 section 3.2.

    Raises:
        ResponseRefused: it cannot be read, is not signed by the authority or its responder, is about another
            certificate, or is not of this time.
    """
    if len(octets) > LARGEST_RESPONSE:
        raise ResponseRefused(f"it is larger than {LARGEST_RESPONSE} octets")
    try:
        response = _successful(octets)
        asked = (*_names(authority, response.hash_algorithm), serial_number)
        answered = (response.issuer_name_hash, response.issuer_key_hash, response.serial_number)
        status, this_update, next_update = (
            response.certificate_status,
            response.this_update_utc,
            response.next_update_utc,
        )
        signed_by = _responder(response, authority, now)
        _verify(response, signed_by)
    except ResponseRefused:
        raise
    except InvalidSignature:
        raise ResponseRefused("its signature is not one of its responder") from None
    except UNREADABLE:
        raise ResponseRefused("it is not an OCSP response") from None
    if answered != asked:
        raise ResponseRefused("it is about another certificate")
    ends_at = next_update or this_update + LONGEST_WITHOUT_END
    if not this_update - TOLERATED_SKEW <= now <= ends_at:
        raise ResponseRefused("it is not of this time")
    if status is ocsp.OCSPCertStatus.UNKNOWN:
        raise ResponseRefused("the responder does not know the certificate")
    return CheckedResponse(
        is_revoked=status is ocsp.OCSPCertStatus.REVOKED, this_update=this_update, next_update=ends_at
    )


def _successful(octets: bytes) -> ocsp.OCSPResponse:
    response = ocsp.load_der_ocsp_response(octets)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise ResponseRefused(f"the responder answered {response.response_status.name}")
    return response


def _responder(response: ocsp.OCSPResponse, authority: Authority, now: datetime) -> RSAPublicKey:
    """RFC 6960 section 4.2.2.2: the authority itself, or a certificate that it has issued for this."""
    for certificate in _candidates(response, authority):
        key = certificate.public_key()
        if isinstance(key, RSAPublicKey) and _is_named(response, certificate):
            if certificate is not authority.certificate:
                _require_delegated(certificate, authority, now)
            return key
    raise ResponseRefused("its responder is not one of the authority")


def _candidates(response: ocsp.OCSPResponse, authority: Authority) -> Sequence[x509.Certificate]:
    return [authority.certificate, *response.certificates[:4]]


def _is_named(response: ocsp.OCSPResponse, certificate: x509.Certificate) -> bool:
    if response.responder_name is not None:
        return response.responder_name == certificate.subject
    return response.responder_key_hash == _key_hash(certificate, _SHA1)


def _require_delegated(certificate: x509.Certificate, authority: Authority, now: datetime) -> None:
    try:
        certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, *UNREADABLE):
        raise ResponseRefused("its responder is not one of the authority") from None
    usages = next((each.value for each in certificate.extensions if isinstance(each.value, x509.ExtendedKeyUsage)), ())
    if ExtendedKeyUsageOID.OCSP_SIGNING not in usages:
        raise ResponseRefused("its responder may not sign responses")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise ResponseRefused("the certificate of its responder is not of this time")


def _verify(response: ocsp.OCSPResponse, key: RSAPublicKey) -> None:
    digest = response.signature_hash_algorithm
    if not is_strong_hash(digest):
        raise ResponseRefused("it is signed with a hash that is weaker than SHA-256")
    key.verify(response.signature, response.tbs_response_bytes, PKCS1v15(), digest)


def _names(authority: Authority, algorithm: HashAlgorithm) -> tuple[bytes, bytes]:
    """RFC 6960 section 4.1.1: the hashes of the authority's name and of its key."""
    return hashlib.new(algorithm.name, authority.subject).digest(), _key_hash(authority.certificate, algorithm)


def _key_hash(certificate: x509.Certificate, algorithm: HashAlgorithm) -> bytes:
    """The hash of the key's bit string, which for RSA has the form of PKCS#1."""
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        return b""
    return hashlib.new(algorithm.name, key.public_bytes(Encoding.DER, PublicFormat.PKCS1)).digest()


class OcspResponses:
    """The responses that are kept."""

    def __init__(self, database: Database, authorities: Mapping[str, Authority]) -> None:
        self._database = database
        self._authorities = authorities

    def ask(self, authority_id: str, serial_number: int, post: Post, *, now: datetime) -> CheckedResponse:
        """Ask about a certificate, and keep the response. One that says revoked is never replaced.

        Args:
            post: its errors are raised as they are.

        Raises:
            ResponseRefused: nothing has changed.
        """
        authority = self._authorities.get(authority_id)
        if authority is None:
            raise ResponseRefused("its authority is not trusted")
        octets = post(ocsp_request(authority, serial_number))
        checked = check_response(octets, authority, serial_number, now=now)
        with self._database.transaction() as session:
            key = (authority_id, f"{serial_number:x}")
            row = session.get(OcspResponseRow, key, with_for_update=True)
            if row is None:
                row = OcspResponseRow(authority=authority_id, serial_number=f"{serial_number:x}", is_revoked=False)
                session.add(row)
            elif row.is_revoked or row.this_update > checked.this_update:
                return checked
            row.is_revoked = checked.is_revoked
            row.this_update, row.next_update, row.fetched_at = checked.this_update, checked.next_update, now
            bump(session, RESPONSES, response_key(authority_id, serial_number))
        return checked
