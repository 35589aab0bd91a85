"""The test authority, seen by the path validation that services use."""

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import pem, x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, ocsp
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
)

from card_bridge.certificate import CardCertificate
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.authority import Authority, Environment, revoked_serial_numbers
from card_bridge.workstation.virtual.personas import Persona
from card_bridge.workstation.virtual.profile import Issuer, KeyUse
from card_bridge.workstation.virtual.revocation import ocsp_answer, revocation_list
from tests.coroutines import result_of

BY_LIST_AND_BY_OCSP = pytest.mark.parametrize("by_ocsp", [False, True], ids=["list", "ocsp"])


def _certificates(text: str) -> list[x509.Certificate]:
    return [x509.Certificate.load(der) for _, _, der in pem.unarmor(text.encode(), multiple=True)]


def _list(authority: Authority, issuer: Issuer, *, is_root: bool) -> asn1_crl.CertificateList:
    revoked = () if is_root else revoked_serial_numbers()
    return asn1_crl.CertificateList.load(
        revocation_list(authority, issuer, revoked=revoked, now=datetime.now(UTC), is_root=is_root)
    )


def _answer(authority: Authority, issuer: Issuer, der: bytes) -> asn1_ocsp.OCSPResponse:
    above = authority.intermediate(issuer).certificate
    request = ocsp.OCSPRequestBuilder().add_certificate(load_der_x509_certificate(der), above, SHA256()).build()
    asked = request.public_bytes(Encoding.DER)
    return asn1_ocsp.OCSPResponse.load(
        ocsp_answer(authority, asked, revoked=revoked_serial_numbers(), now=datetime.now(UTC))
    )


def _validate(authority: Authority, persona: Persona, *, by_ocsp: bool = False) -> None:
    """What a service does: build the path to a root of the environment, with revocation known and fresh."""
    der = authority.issue(persona).der
    issuer = Issuer.STANDARD if persona.profile.issuer is Issuer.STANDARD else Issuer.FORT
    lists = [_list(authority, issuer, is_root=True)]
    lists += [] if by_ocsp else [_list(authority, issuer, is_root=False)]
    context = ValidationContext(
        trust_roots=_certificates(authority.anchors),
        other_certs=_certificates(authority.intermediates),
        crls=lists,
        ocsps=[_answer(authority, issuer, der)] if by_ocsp else [],
        moment=datetime.now(UTC),  # an OCSP answer says when it was made
        revocation_mode="require",
        allow_fetching=False,
    )
    validator = CertificateValidator(x509.Certificate.load(der), validation_context=context)
    result_of(validator.async_validate_usage({"digital_signature"}, {"client_auth"}))


@BY_LIST_AND_BY_OCSP
@pytest.mark.parametrize("persona", [personas.DOCTOR, personas.SECRETARY], ids=lambda persona: persona.name)
def test_a_good_card_is_accepted(authority, persona, by_ocsp):
    _validate(authority, persona, by_ocsp=by_ocsp)


@BY_LIST_AND_BY_OCSP
def test_a_revoked_card_is_refused(authority, by_ocsp):
    with pytest.raises(RevokedError):
        _validate(authority, personas.REVOKED, by_ocsp=by_ocsp)


@pytest.mark.parametrize(
    ("persona", "error"),
    [
        (personas.EXPIRED, ExpiredError),
        (personas.NOT_YET_VALID, NotYetValidError),
        (personas.WRONG_ISSUER, PathBuildingError),
        (personas.WRONG_USAGE, InvalidCertificateError),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_bad_card_is_refused(authority, persona, error):
    with pytest.raises(error):
        _validate(authority, persona)


@pytest.mark.parametrize("persona", personas.PERSONAS, ids=lambda persona: persona.name)
def test_the_certificate_says_who_holds_the_card(authority, persona):
    said = CardCertificate.parse(authority.issue(persona).der)
    holder = persona.holder
    assert (said.common_name, said.family_name, said.given_name, said.title) == (
        holder.national_id,
        holder.family_name,
        holder.given_name,
        holder.title,
    )
    assert (said.card_type, said.card_category) == (holder.card_type, persona.profile.category)
    assert said.card_id == f"8025000001/{persona.card_number}"
    assert said.profession == ("" if holder.profession is None else str(holder.profession))
    assert said.specialities == holder.specialities
    assert said.key_usage == {"digital_signature"}
    assert said.policies == {persona.profile.policy}


def test_no_two_personas_share_a_card_or_a_name():
    assert len({persona.card_number for persona in personas.PERSONAS}) == len(personas.PERSONAS)
    assert len({persona.name for persona in personas.PERSONAS}) == len(personas.PERSONAS)


def test_a_professional_has_one_relative_name_with_three_attributes(authority):
    certificate = x509.Certificate.load(authority.issue(personas.DOCTOR).der)
    assert [len(each) for each in certificate.subject.chosen] == [1, 1, 3]


def test_the_signature_certificate_does_not_authenticate(authority):
    said = CardCertificate.parse(authority.issue(personas.DOCTOR, use=KeyUse.SIGNATURE).der)
    assert said.key_usage == {"non_repudiation"}
    assert "client_auth" not in said.extended_key_usage


def test_two_processes_issue_the_same_certificate_on_one_day(authority, authority_folder):
    later = Authority.for_tests(authority_folder, day=authority.day + timedelta(hours=3))
    assert later.issue(personas.NURSE).der == authority.issue(personas.NURSE).der


def test_the_environments_have_different_names_and_keys(authority, authority_folder):
    real = Authority(authority_folder, address=authority.address, authority_bits=2048, environment=Environment.REAL)
    names = [each.root(Issuer.FORT).certificate.subject.rfc4514_string() for each in (authority, real)]
    assert "IGC-SANTE TEST" in names[0]
    assert "TEST" not in names[1]
    assert authority.root(Issuer.FORT).certificate.public_key() != real.root(Issuer.FORT).certificate.public_key()


def test_a_list_may_have_the_size_of_a_real_one(authority):
    der = revocation_list(
        authority, Issuer.FORT, revoked=revoked_serial_numbers(), now=datetime.now(UTC), further=20_000
    )
    listed = asn1_crl.CertificateList.load(der)["tbs_cert_list"]["revoked_certificates"]
    assert len(listed) == 20_002


def test_a_key_is_private_to_its_owner(authority, authority_folder):
    authority.issue(personas.DOCTOR)
    assert {file.stat().st_mode & 0o077 for file in authority_folder.iterdir()} == {0}


def test_a_request_that_is_not_ocsp_is_answered_as_malformed(authority):
    answer = ocsp.load_der_ocsp_response(ocsp_answer(authority, b"\x30\x00", revoked=(), now=datetime.now(UTC)))
    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
