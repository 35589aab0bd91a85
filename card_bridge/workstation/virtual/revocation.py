"""What the test authority says of revocation: certificate revocation lists (RFC 5280) and OCSP answers (RFC 6960)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from card_bridge.workstation.virtual.authority import Authority, Signer
from card_bridge.workstation.virtual.profile import Issuer

LIST_LASTS: Final = timedelta(days=2)
ANSWER_LASTS: Final = timedelta(hours=1)
_REVOKED_ON_DAY: Final = timedelta(days=30)  # before the authority's day
_FIRST_FURTHER_SERIAL: Final = 1 << 100


def revocation_list(
    authority: Authority,
    issuer: Issuer,
    *,
    revoked: Collection[int],
    now: datetime,
    is_root: bool = False,
    further: int = 0,
    lasts: timedelta = LIST_LASTS,
) -> bytes:
    """The revocation list of an authority, in DER.

    Args:
        revoked: serial numbers.
        is_root: whether the list is that of the root, which revokes intermediate authorities.
        further: how many more serial numbers to list, which no persona has.
    """
    signer = authority.root(issuer) if is_root else authority.intermediate(issuer)
    serials = [*revoked, *range(_FIRST_FURTHER_SERIAL, _FIRST_FURTHER_SERIAL + further)]
    day = authority.day - _REVOKED_ON_DAY
    entries = [
        x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(day).build() for serial in serials
    ]
    builder = (
        x509.CertificateRevocationListBuilder(revoked_certificates=entries)
        .issuer_name(signer.certificate.subject)
        .last_update(now)
        .next_update(now + lasts)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
    )
    return builder.sign(signer.key, SHA256()).public_bytes(Encoding.DER)


def ocsp_answer(
    authority: Authority,
    request: bytes,
    *,
    revoked: Collection[int],
    now: datetime,
    lasts: timedelta = ANSWER_LASTS,
) -> bytes:
    """The answer to an OCSP request, in DER. A serial number that is not revoked is answered as good."""
    try:
        asked = ocsp.load_der_ocsp_request(request)
        serial = asked.serial_number
    except ValueError:
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    issuer = _issuer_asked(authority, asked)
    if issuer is None:
        return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    is_revoked = serial in revoked
    responder = authority.responder(issuer)
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        asked.issuer_name_hash,
        asked.issuer_key_hash,
        serial,
        asked.hash_algorithm,
        ocsp.OCSPCertStatus.REVOKED if is_revoked else ocsp.OCSPCertStatus.GOOD,
        now,
        now + lasts,
        authority.day - _REVOKED_ON_DAY if is_revoked else None,
        x509.ReasonFlags.key_compromise if is_revoked else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    for extension in asked.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    answer = builder.certificates([responder.certificate]).sign(responder.key, SHA256())
    return answer.public_bytes(Encoding.DER)


def _issuer_asked(authority: Authority, asked: ocsp.OCSPRequest) -> Issuer | None:
    for issuer in (Issuer.FORT, Issuer.STANDARD):
        if _is_of(asked, authority.intermediate(issuer)):
            return issuer
    return None


def _is_of(asked: ocsp.OCSPRequest, signer: Signer) -> bool:
    """Whether a request names an authority by the hash of its key (RFC 6960 section 4.1.1)."""
    own = ocsp.OCSPRequestBuilder().add_certificate(signer.certificate, signer.certificate, asked.hash_algorithm)
    return own.build().issuer_key_hash == asked.issuer_key_hash


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
