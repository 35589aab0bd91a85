"""On good and bad certificates, the verification gives the verdict of pyhanko-certvalidator in its `require` mode.

pyhanko-certvalidator parses every list and validates every path at each call. Ours looks up an index, and remembers
paths. What only we refuse (test cards, weak keys, subjects without an identifier) is not in this corpus.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import InvalidCertificateError, PathBuildingError, ValidationError

from card_bridge.certificate import CardCertificate
from card_bridge.identity import CardIdentity
from card_bridge.verification.lists import ListRefused
from card_bridge.verification.presented import PresentedCertificate
from card_bridge.verification.refusals import CardRefused
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.authority import Authority, Signer, revoked_serial_numbers
from card_bridge.workstation.virtual.profile import Issuer, KeyUse
from card_bridge.workstation.virtual.revocation import revocation_list
from tests.builders.card_certificates import UNKNOWN_EXTENSION, Forged, a_list, a_stranger, forged, fort
from tests.builders.card_trust import card_trust, issued
from tests.coroutines import result_of

SERIAL = 0x0123456789ABCDEF
Lists = Callable[[Authority, datetime], Sequence[bytes]]


def every_list(authority: Authority, now: datetime, **of_fort) -> list[bytes]:
    """The lists of both roots and both authorities."""
    return [
        revocation_list(
            authority,
            issuer,
            revoked=() if is_root else revoked_serial_numbers(),
            now=now,
            is_root=is_root,
            **(of_fort if issuer is Issuer.FORT and not is_root else {}),
        )
        for issuer in (Issuer.FORT, Issuer.STANDARD)
        for is_root in (True, False)
    ]


def without_fort(authority: Authority, now: datetime) -> list[bytes]:
    lists = every_list(authority, now)
    return [lists[0], *lists[2:]]


def instead_of_fort(made: Callable[[Authority, datetime], bytes]) -> Lists:
    return lambda authority, now: [*without_fort(authority, now), made(authority, now)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    card: Callable[[Authority], bytes]
    lists: Lists = every_list
    is_good: bool = False


def of(persona, use=KeyUse.AUTHENTICATION):
    return lambda authority: authority.issue(persona, use=use).der


def made(**changes):
    def make(authority: Authority) -> bytes:
        fields = {name: value(authority) if callable(value) else value for name, value in changes.items()}
        return forged(Forged(**({"signer": fort(authority), "serial": SERIAL} | fields))).der

    return make


def bent(authority: Authority) -> bytes:
    der = bytearray(issued(authority).der)
    der[-1] ^= 1
    return bytes(der)


def by_a_card(authority: Authority) -> Signer:
    card = issued(authority)
    return Signer(x509.load_der_x509_certificate(card.der), card.key)


UNKNOWN = x509.UnrecognizedExtension(UNKNOWN_EXTENSION, b"\x05\x00")
ONLY_EMAIL = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
CASES = [
    *(Case(name=each.name, card=of(each), is_good=True) for each in (
        personas.DOCTOR, personas.NURSE, personas.MIDWIFE, personas.PHARMACIST, personas.SECRETARY,
        personas.NEWCOMER, personas.RENEWED, personas.EXPIRES_SOON,
    )),
    *(Case(name=each.name, card=of(each)) for each in (
        personas.EXPIRED, personas.NOT_YET_VALID, personas.REVOKED, personas.WRONG_ISSUER, personas.WRONG_USAGE,
    )),
    Case(name="the signature key", card=of(personas.DOCTOR, KeyUse.SIGNATURE)),
    Case(name="forged as it should be", card=made(), is_good=True),
    Case(name="an unknown extension", card=made(extensions=[(UNKNOWN, False)]), is_good=True),
    Case(name="an unknown critical extension", card=made(extensions=[(UNKNOWN, True)])),
    Case(name="no extended key usage", card=made(without=[ExtensionOID.EXTENDED_KEY_USAGE])),
    Case(name="another extended key usage", card=made(extensions=[(ONLY_EMAIL, False)])),
    Case(name="a bent signature", card=bent),
    Case(name="signed by a card", card=made(signer=by_a_card)),
    Case(name="a stranger of the same name",
         card=made(signer=lambda authority: a_stranger(fort(authority).certificate.subject))),
    Case(name="a stranger that names our key", card=made(
        signer=lambda authority: a_stranger(fort(authority).certificate.subject),
        key_identifier_of=lambda authority: fort(authority).key.public_key())),
    Case(name="the name of the other authority", card=made(
        issuer_name=lambda authority: authority.intermediate(Issuer.STANDARD).certificate.subject)),
    Case(name="no list", card=of(personas.DOCTOR), lists=without_fort),
    Case(name="no list at all", card=of(personas.DOCTOR), lists=lambda *_: []),
    Case(name="a list that has ended", card=of(personas.DOCTOR), lists=instead_of_fort(
        lambda authority, now: a_list(fort(authority), at=now - timedelta(days=3), lasts=timedelta(days=1)))),
    Case(name="a list of the future", card=of(personas.DOCTOR), lists=instead_of_fort(
        lambda authority, now: a_list(fort(authority), at=now + timedelta(days=1)))),
    Case(name="a forged list", card=of(personas.DOCTOR), lists=instead_of_fort(
        lambda authority, now: a_list(a_stranger(fort(authority).certificate.subject), at=now))),
    Case(name="a list in its name by another authority", card=of(personas.DOCTOR), lists=instead_of_fort(
        lambda authority, now: a_list(authority.intermediate(Issuer.STANDARD), at=now,
                                      name=fort(authority).certificate.subject))),
    Case(name="a list of authorities only", card=of(personas.DOCTOR), lists=instead_of_fort(
        lambda authority, now: a_list(fort(authority), at=now, extensions=[
            (x509.IssuingDistributionPoint(None, None, False, True, None, False, False), True)]))),
    Case(name="a list with an unknown critical extension", card=of(personas.DOCTOR), lists=instead_of_fort(
        lambda authority, now: a_list(fort(authority), at=now, extensions=[(UNKNOWN, True)]))),
    Case(name="the list names the card", card=made(), lists=instead_of_fort(
        lambda authority, now: a_list(fort(authority), at=now, revoked=[1, SERIAL]))),
    Case(name="the list names another card", card=made(), is_good=True, lists=instead_of_fort(
        lambda authority, now: a_list(fort(authority), at=now, revoked=[SERIAL - 1, SERIAL + 1]))),
    Case(name="the root has revoked the authority", card=of(personas.DOCTOR), lists=lambda authority, now: [
        a_list(authority.root(Issuer.FORT), at=now, revoked=[fort(authority).certificate.serial_number]),
        *every_list(authority, now)[1:]]),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_both_give_the_same_verdict(case, authority, database, tmp_path):
    now = datetime.now(UTC)
    der, lists = case.card(authority), case.lists(authority, now)
    trust = card_trust(authority, tmp_path / "authorities", database)
    for number, octets in enumerate(lists):
        try:
            trust.lists.accept(f"http://127.0.0.1:1/{number}.crl", octets, now=now)
        except ListRefused:
            continue
    ours = [believed(trust, der, now) for _ in range(2)]
    assert (ours, believed_by_pyhanko(authority, der, lists, now)) == ([case.is_good] * 2, case.is_good)


def believed(trust, der: bytes, now: datetime) -> bool:
    try:
        return isinstance(trust.verifier.verify_certificate(der, now=now), CardIdentity)
    except CardRefused:
        return False


def believed_by_pyhanko(authority: Authority, der: bytes, lists: Sequence[bytes], now: datetime) -> bool:
    context = ValidationContext(
        trust_roots=[_loaded(authority.root(each)) for each in (Issuer.FORT, Issuer.STANDARD)],
        other_certs=[_loaded(authority.intermediate(each)) for each in (Issuer.FORT, Issuer.STANDARD)],
        crls=list(lists),
        moment=now,
        revocation_mode="require",
    )
    validator = CertificateValidator(CardCertificate.parse(der).x509, validation_context=context)
    try:
        result_of(validator.async_validate_usage({"digital_signature"}, {"client_auth"}))
    except (ValidationError, PathBuildingError, InvalidCertificateError):
        return False
    return True


def _loaded(signer: Signer):
    return CardCertificate.parse(signer.certificate.public_bytes(Encoding.DER)).x509


@pytest.mark.parametrize("persona", personas.PERSONAS, ids=lambda persona: persona.name)
def test_both_readings_of_a_certificate_say_the_same(authority, persona):
    """The workstation reads with asn1crypto, the services with cryptography."""
    der = issued(authority, persona).der
    read, presented = CardCertificate.parse(der), PresentedCertificate.parse(der)
    for name in ("serial_number", "not_before", "not_after", "common_name", "family_name", "given_name", "card_type",
                 "card_id", "card_category", "profession"):  # fmt: skip
        assert getattr(read, name) == getattr(presented, name), name
    assert presented.key is not None
    assert (read.key_bits, read.is_rsa) == (presented.key.key_size, True)
    assert ("digital_signature" in read.key_usage) is presented.digital_signature
    assert ("client_auth" in read.extended_key_usage) is presented.authenticates_clients
    assert read.policies == presented.policies
