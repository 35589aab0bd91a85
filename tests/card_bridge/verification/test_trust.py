"""The folder of authorities: those of one environment, strong ones, with a root and an authority that issues cards."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from card_bridge.verification.trust import TrustedAuthorities, TrustRefused
from card_bridge.vocabulary import CardEnvironment
from card_bridge.workstation.virtual.authority import Authority, Environment
from card_bridge.workstation.virtual.personas import DOCTOR
from card_bridge.workstation.virtual.profile import Issuer
from tests.builders.card_trust import trust_folder


def problems_of(folder, environment=CardEnvironment.TEST):
    with pytest.raises(TrustRefused) as refused:
        TrustedAuthorities.read(folder, environment)
    return refused.value.problems


def test_the_authorities_of_a_folder_are_read_in_pem_and_in_der(authority, tmp_path):
    folder = trust_folder(authority, tmp_path / "authorities")
    root = authority.root(Issuer.FORT).certificate
    (folder / "again.cer").write_bytes(root.public_bytes(Encoding.DER))
    read = TrustedAuthorities.read(folder, CardEnvironment.TEST)
    assert sorted((each.name, each.is_root) for each in read.all) == [
        ("TEST AC IGC-SANTE FORT PERSONNES", False),
        ("TEST AC IGC-SANTE STANDARD PERSONNES", False),
        ("TEST AC RACINE IGC-SANTE FORT", True),
        ("TEST AC RACINE IGC-SANTE STANDARD", True),
    ]


def test_a_path_is_validated_and_holds_as_long_as_its_certificates(trust):
    now = datetime.now(UTC)
    [fort] = trust.authorities.with_subject(
        trust.authority.intermediate(Issuer.FORT).certificate.subject.public_bytes()
    )
    path = trust.authorities.path(fort, now)
    assert path is not None
    assert [(below.name, above.name) for below, above in path.steps] == [
        ("TEST AC IGC-SANTE FORT PERSONNES", "TEST AC RACINE IGC-SANTE FORT")
    ]
    assert trust.authorities.path(fort, now) is path
    assert trust.authorities.path(fort, datetime(2034, 1, 1, tzinfo=UTC)) is None
    assert trust.authorities.path(fort, now) == path


def test_an_authority_without_its_root_has_no_path(authority, tmp_path):
    folder = trust_folder(authority, tmp_path / "authorities")
    (folder / "roots.pem").write_bytes(authority.root(Issuer.STANDARD).certificate.public_bytes(Encoding.PEM))
    read = TrustedAuthorities.read(folder, CardEnvironment.TEST)
    [fort] = read.with_subject(authority.intermediate(Issuer.FORT).certificate.subject.public_bytes())
    assert read.path(fort, datetime.now(UTC)) is None


def test_real_and_test_authorities_are_never_trusted_together(authority, authority_folder, tmp_path):
    folder = trust_folder(authority, tmp_path / "authorities")
    real = Authority(authority_folder, address="http://127.0.0.1:1", environment=Environment.REAL, authority_bits=2048)
    assert all("card_environment is real" in problem for problem in problems_of(folder, CardEnvironment.REAL))
    (folder / "real.pem").write_text(real.anchors)
    assert ["real.pem" in problem for problem in problems_of(folder)] == [True, True]
    read = TrustedAuthorities.read(trust_folder(real, tmp_path / "real"), CardEnvironment.REAL)
    assert len(read.all) == 4


def test_a_folder_that_cannot_be_used_says_why(authority, tmp_path):
    assert "is not a folder" in problems_of(tmp_path / "none")[0]
    folder = tmp_path / "authorities"
    folder.mkdir()
    assert "has no root" in problems_of(folder)[0]
    (folder / "roots.pem").write_text(authority.anchors)
    assert "has no intermediate authority" in problems_of(folder)[0]
    (folder / "card.cer").write_bytes(authority.issue(DOCTOR).der)
    (folder / "letter.pem").write_text("no certificate")
    card, letter = problems_of(folder)
    assert "is not an authority" in card
    assert "is not a certificate" in letter
