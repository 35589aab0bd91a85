"""The authentication credential of a card: its certificate, the key of the certificate, and the PIN of the key.

The certificate's key usage chooses it, never a number or a label: the signature key of a card makes signatures that
bind its holder, and must not sign a login.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from card_bridge.certificate import CardCertificate, CertificateMalformed
from card_bridge.workstation.apdu import CardMisbehaved
from card_bridge.workstation.drivers.base import Driver, FileMissing, NotActivated
from card_bridge.workstation.pkcs15 import (
    CertificateEntry,
    DirectoryKind,
    FilePath,
    PinEntry,
    PrivateKeyEntry,
    application_path,
    parse_certificates,
    parse_object_directory,
    parse_pins,
    parse_private_keys,
)
from card_bridge.workstation.tlv import TlvMalformed, first_length

_APPLICATIONS: Final = FilePath(bytes.fromhex("3F002F00"))  # EF.DIR, ISO/IEC 7816-4 section 12.2.2
_OBJECT_DIRECTORY: Final = FilePath(bytes.fromhex("5031"))  # EF.OD, ISO/IEC 7816-15 section 7.5
_MOST_DIRECTORIES: Final = 4  # of one kind
_LONGEST_KEY: Final = 4096  # bits


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a login needs of a card."""

    certificate: CardCertificate
    key_reference: int
    pin: PinEntry

    @property
    def key_octets(self) -> int:
        """The length of the key's modulus."""
        return (self.certificate.key_bits + 7) // 8


def read_credential(driver: Driver) -> Credential:
    """Find the authentication credential through the directories of the card.

    Raises:
        NotActivated: the directories have no authentication certificate with its key and PIN.
        CardMisbehaved: a directory or the certificate cannot be read.
        ConnectionFailed: the card or the reader went away.
    """
    try:
        return _Directories(driver).credential()
    except TlvMalformed as fault:
        raise CardMisbehaved("a directory of the card cannot be read") from fault


class _Directories:
    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._application = driver.default_application

    def credential(self) -> Credential:
        self._application = self._find_application()
        directories = self._object_directory()
        keys = [
            key for octets in self._files(directories, DirectoryKind.PRIVATE_KEYS) for key in parse_private_keys(octets)
        ]
        pins = [pin for octets in self._files(directories, DirectoryKind.PINS) for pin in parse_pins(octets)]
        protected = {key.id: pin for key in keys for pin in pins if key.pin_id == pin.id}
        by_id = {key.id: key for key in keys if key.id in protected}
        certificates = [
            entry
            for octets in self._files(directories, DirectoryKind.CERTIFICATES)
            for entry in parse_certificates(octets)
            if entry.id in by_id
        ]
        certificate, entry = self._authentication_certificate(certificates)
        return Credential(
            certificate=certificate,
            key_reference=_reference(by_id[entry.id]),
            pin=protected[entry.id],
        )

    def _find_application(self) -> bytes:
        """The application's path; the usual one when EF.DIR is missing or does not give it."""
        try:
            applications = self._driver.read(_APPLICATIONS, application=b"")
        except FileMissing:
            return self._driver.default_application
        return application_path(applications, self._driver.application_id) or self._driver.default_application

    def _object_directory(self) -> dict[DirectoryKind, tuple[FilePath, ...]]:
        try:
            return parse_object_directory(self._driver.read(_OBJECT_DIRECTORY, application=self._application))
        except FileMissing:
            raise CardMisbehaved("the card has no object directory") from None

    def _files(self, directories: dict[DirectoryKind, tuple[FilePath, ...]], kind: DirectoryKind) -> Iterator[bytes]:
        """The directories of a kind that exist; a card that is not activated may have none."""
        for location in directories.get(kind, ())[:_MOST_DIRECTORIES]:
            try:
                yield self._driver.read(location, application=self._application)
            except FileMissing:
                continue

    def _authentication_certificate(self, entries: list[CertificateEntry]) -> tuple[CardCertificate, CertificateEntry]:
        """The first certificate for authentication. One that cannot be read is skipped when another is found."""
        damaged: CertificateMalformed | None = None
        for entry in entries:
            try:
                certificate = CardCertificate.parse(self._certificate_octets(entry))
            except FileMissing:
                continue
            except CertificateMalformed as fault:
                damaged = fault
                continue
            if _is_for_authentication(certificate):
                return certificate, entry
        if damaged is not None:
            raise CardMisbehaved("a certificate of the card cannot be read") from damaged
        raise NotActivated

    def _certificate_octets(self, entry: CertificateEntry) -> bytes:
        """The certificate without what follows it in its file."""
        if isinstance(entry.location, bytes):
            return entry.location
        octets = self._driver.read(entry.location, application=self._application)
        try:
            return octets[: first_length(octets)]
        except TlvMalformed:
            return octets  # the certificate's own parser refuses it


def _is_for_authentication(certificate: CardCertificate) -> bool:
    """RFC 5280 section 4.2.1.3: digitalSignature authenticates; nonRepudiation is for signatures that bind."""
    usage = certificate.key_usage
    return "digital_signature" in usage and "non_repudiation" not in usage and _is_usable(certificate)


def _is_usable(certificate: CardCertificate) -> bool:
    return certificate.is_rsa and certificate.key_bits <= _LONGEST_KEY


def _reference(key: PrivateKeyEntry) -> int:
    """The key's reference; the last octet of its identifier where the directory has none."""
    return key.id[-1] if key.reference is None else key.reference
