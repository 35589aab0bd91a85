"""The authorities that are trusted to issue cards: those of one environment, real or test, and never both.

A folder has their certificates: the roots, and the intermediate authorities that issue cards. A path from an
intermediate authority to its root is validated by pyhanko-certvalidator (RFC 5280 section 6), once in a process while
it holds.
"""

import asyncio
import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final, Self, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from card_bridge.verification.algorithms import is_strong_hash
from card_bridge.verification.presented import distribution_addresses
from card_bridge.verification.unreadable import UNREADABLE
from card_bridge.vocabulary import CardEnvironment

LARGEST_FOLDER: Final = 64  # files
_LARGEST_FILE: Final = 65_536  # octets
_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".der"})
_SMALLEST_KEY: Final = 2048  # bits
_CONSTRAINTS: Final = (x509.NameConstraints, x509.PolicyConstraints, x509.InhibitAnyPolicy)

journal = logging.getLogger("poterne.cards")

Extension = TypeVar("Extension", bound=x509.ExtensionType)


class TrustRefused(Exception):
    """The folder of authorities cannot be used; `problems` has a sentence for each reason."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """A trusted authority. `id` is SHA-256 of its name and its key, so that a renewed certificate keeps it."""

    id: str
    name: str
    subject: bytes
    key_identifier: bytes
    certificate: x509.Certificate
    serial_number: int
    revocation_addresses: frozenset[str]
    may_sign_lists: bool
    is_root: bool


@dataclass(frozen=True, slots=True)
class AuthorityPath:
    """A validated path, and when it holds. `steps` has each authority below the root with its issuer."""

    steps: tuple[tuple[Authority, Authority], ...]
    holds_from: datetime
    holds_until: datetime

    def holds(self, now: datetime) -> bool:
        return self.holds_from <= now <= self.holds_until


class TrustedAuthorities:
    """The authorities of one environment."""

    def __init__(self, authorities: Iterable[Authority]) -> None:
        self.all = tuple(authorities)
        self._by_subject = _grouped((each.subject, each) for each in self.all)
        self._by_key_identifier = _grouped((each.key_identifier, each) for each in self.all)
        self._paths: dict[str, AuthorityPath] = {}
        self._lock = Lock()

    @classmethod
    def read(cls, folder: Path, environment: CardEnvironment) -> Self:
        """Read the certificates of a folder, in PEM or DER.

        Raises:
            TrustRefused: a file is no certificate, an authority is weak or of the other environment, or there is no
                root or no intermediate authority.
        """
        problems: list[str] = []
        found: dict[bytes, Authority] = {}
        for file, certificate in _certificates(folder, problems):
            if fault := _fault(certificate, environment):
                problems.append(f"{file}: {fault}")
            else:
                found[_der(certificate)] = _authority(certificate)
        if not problems and not any(each.is_root for each in found.values()):
            problems.append(f"{folder}: has no root, which is a certificate that has signed itself")
        if not problems and all(each.is_root for each in found.values()):
            problems.append(f"{folder}: has no intermediate authority, such as AC IGC-SANTE FORT PERSONNES")
        if problems:
            raise TrustRefused(problems)
        return cls(found.values())

    def with_subject(self, name: bytes) -> Sequence[Authority]:
        """The authorities that have this name (DER). Several have it when the key was renewed."""
        return self._by_subject.get(name, ())

    def with_key_identifier(self, identifier: bytes | None) -> Sequence[Authority]:
        """The authorities whose key has this identifier; all of them for None."""
        return self.all if identifier is None else self._by_key_identifier.get(identifier, ())

    def validate_paths(self, now: datetime) -> None:
        """Validate the path of every intermediate authority, so that the first card does not wait for it."""
        for authority in self.all:
            if not authority.is_root and self.path(authority, now) is None:
                journal.warning("an authority of cards has no path to a root", extra={"authority": authority.name})

    def path(self, authority: Authority, now: datetime) -> AuthorityPath | None:
        """The validated path of an intermediate authority; None when there is none at this time."""
        known = self._paths.get(authority.id)
        if known is not None and known.holds(now):
            return known
        path = self._validate(authority, now)
        with self._lock:
            if path is None:
                self._paths.pop(authority.id, None)
            else:
                self._paths[authority.id] = path
        return path

    def _validate(self, authority: Authority, now: datetime) -> AuthorityPath | None:
        """Revocation is not checked here: the verifier looks up every authority of the path itself.

        pyhanko-certvalidator is imported here: it takes memory, and is needed once in a process.
        """
        from pyhanko_certvalidator import CertificateValidator, ValidationContext
        from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

        context = ValidationContext(
            trust_roots=[_for_pyhanko(each) for each in self.all if each.is_root],
            other_certs=[_for_pyhanko(each) for each in self.all if not each.is_root],
            moment=now,
            revocation_mode="soft-fail",
        )
        validator = CertificateValidator(_for_pyhanko(authority), validation_context=context)
        try:
            with ThreadPoolExecutor(1) as executor:  # this thread may have an event loop, where `run` is refused
                validated = executor.submit(asyncio.run, validator.async_validate_path()).result()
        except (PathBuildingError, PathValidationError):
            return None
        by_der = {_der(each.certificate): each for each in self.all}
        path = [by_der[each.dump()] for each in validated.iter_certs(include_root=True)]
        return AuthorityPath(
            steps=tuple(zip(path[1:], path, strict=False)),
            holds_from=max(each.certificate.not_valid_before_utc for each in path),
            holds_until=min(each.certificate.not_valid_after_utc for each in path),
        )


def _certificates(folder: Path, problems: list[str]) -> Iterable[tuple[Path, x509.Certificate]]:
    if not folder.is_dir():
        problems.append(f"{folder}: is not a folder")
        return
    files = sorted(each for each in folder.iterdir() if each.suffix in _SUFFIXES)
    if len(files) > LARGEST_FOLDER:
        problems.append(f"{folder}: has more than {LARGEST_FOLDER} files of certificates")
        return
    for file in files:
        try:
            octets = file.read_bytes()[: _LARGEST_FILE + 1]
            is_pem = b"-----BEGIN" in octets
            found = x509.load_pem_x509_certificates(octets) if is_pem else [x509.load_der_x509_certificate(octets)]
        except (OSError, *UNREADABLE):
            problems.append(f"{file}: is not a certificate in PEM or DER")
            continue
        for certificate in found:
            yield file, certificate


def _fault(certificate: x509.Certificate, environment: CardEnvironment) -> str | None:
    """Why an authority is not trusted, as a sentence for those who filled the folder."""
    try:
        return _fault_of_parts(certificate, environment)
    except UNREADABLE:
        return "has a part that cannot be read"


def _fault_of_parts(certificate: x509.Certificate, environment: CardEnvironment) -> str | None:
    constraints, usage = _extension(certificate, x509.BasicConstraints), _extension(certificate, x509.KeyUsage)
    if constraints is None or not constraints.ca:
        return "is not an authority (basicConstraints)"
    is_test = is_test_authority(certificate)
    if is_test is not (environment is CardEnvironment.TEST):
        return f"is an authority of {'test' if is_test else 'real'} cards, and card_environment is {environment}"
    key, digest = certificate.public_key(), certificate.signature_hash_algorithm
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY:
        return f"its key is not RSA of {_SMALLEST_KEY} bits or more"
    if not is_strong_hash(digest):
        return "is signed with a hash that is weaker than SHA-256"
    if usage is None or not usage.key_cert_sign:
        return "may not sign certificates (keyUsage)"
    if any(isinstance(each.value, _CONSTRAINTS) for each in certificate.extensions):
        return "constrains names or policies, which the verification of cards does not support"
    return None


def is_test_authority(certificate: x509.Certificate) -> bool:
    """Whether the name is one of the test environment: `OU=IGC-SANTE TEST`, `CN=TEST AC RACINE IGC-SANTE FORT`."""
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return any(str(each.value).endswith(" TEST") for each in units) or any(
        str(each.value).startswith("TEST ") for each in names
    )


def _authority(certificate: x509.Certificate) -> Authority:
    subject = certificate.subject.public_bytes()
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    usage = _extension(certificate, x509.KeyUsage)
    return Authority(
        id=hashlib.sha256(hashlib.sha256(subject).digest() + hashlib.sha256(key).digest()).hexdigest(),
        name=str(names[-1].value) if names else certificate.subject.rfc4514_string(),
        subject=subject,
        key_identifier=_key_identifier(certificate),
        certificate=certificate,
        serial_number=certificate.serial_number,
        revocation_addresses=distribution_addresses(_extension(certificate, x509.CRLDistributionPoints)),
        may_sign_lists=usage is not None and usage.crl_sign,
        is_root=_has_signed_itself(certificate),
    )


def _extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    return next((each.value for each in certificate.extensions if isinstance(each.value, kind)), None)


def _has_signed_itself(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def _key_identifier(certificate: x509.Certificate) -> bytes:
    """The identifier that the authority gives its key; RFC 5280 section 4.2.1.2 has a method for one without."""
    given = _extension(certificate, x509.SubjectKeyIdentifier)
    if given is not None:
        return given.digest
    return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest


def _grouped(named: Iterable[tuple[bytes, Authority]]) -> Mapping[bytes, Sequence[Authority]]:
    found: defaultdict[bytes, list[Authority]] = defaultdict(list)
    for name, authority in named:
        found[name].append(authority)
    return dict(found)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _for_pyhanko(authority: Authority) -> Any:
    """The certificate as pyhanko-certvalidator takes it."""
    from card_bridge.certificate import CardCertificate

    return CardCertificate.parse(_der(authority.certificate)).x509
