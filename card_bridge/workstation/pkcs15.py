"""The PKCS#15 directories of a card (ISO/IEC 7816-15): where its certificates, keys and PINs are.

Only what a login needs is read. Entries of another kind are skipped: a card may have elliptic keys, data objects and
PINs that unblock. Sizes and depth are bounded by `tlv.py`; the octets come from a card that may lie.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from card_bridge.workstation.pin_entry.base import LONGEST_PIN, PinFormat
from card_bridge.workstation.tlv import Tlv, TlvMalformed, find, without_padding

MASTER_FILE: Final = b"\x3f\x00"
_MOST_ENTRIES: Final = 32  # of one directory; a CPS has two keys, two certificates, one or two PINs

_INTEGER, _BIT_STRING, _OCTET_STRING, _ENUMERATED, _SEQUENCE = 0x02, 0x03, 0x04, 0x0A, 0x30
_TYPE_ATTRIBUTES: Final = 0xA1  # [1]: what one type of object adds to its class
_PIN_REFERENCE: Final = 0x80  # [0] of PasswordAttributes
_PATH_LENGTH: Final = 0x80  # [0] of Path
_DIRECT_VALUE: Final = 0xA0  # [0] of ObjectValue
_NEEDS_PADDING: Final = 5  # a bit of PasswordFlags
_APPLICATION, _APPLICATION_ID, _APPLICATION_PATH = 0x61, 0x4F, 0x51  # in EF.DIR, ISO/IEC 7816-4 section 12.2


class DirectoryKind(IntEnum):
    """The directories that EF.OD points to, by their tag (ISO/IEC 7816-15 section 8.3). Others are skipped."""

    PRIVATE_KEYS = 0xA0
    CERTIFICATES = 0xA4
    PINS = 0xA8


_DIRECTORY_KINDS: Final = frozenset(DirectoryKind)


class _PinType(IntEnum):
    """PasswordType. A PIN in packed digits (BCD) is not supported: no CPS has one."""

    ASCII_NUMERIC = 1
    UTF8 = 2


@dataclass(frozen=True, slots=True)
class FilePath:
    """Where an object is: a file, and in it an offset and a length."""

    path: bytes
    """File identifiers: from the master file, or relative to the application."""
    offset: int = 0
    length: int | None = None
    """None: to the end of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKeyEntry:
    """A private RSA key."""

    id: bytes
    """The certificate of this key has the same identifier."""
    reference: int | None
    """The number by which commands name the key."""
    pin_id: bytes
    """`PinEntry.id` of the PIN that protects the key; empty when none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateEntry:
    """An X.509 certificate: in a file, or in the directory itself."""

    id: bytes
    location: FilePath | bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PinEntry:
    """A PIN."""

    id: bytes
    reference: int
    format: PinFormat


def application_path(directory: bytes, application_id: bytes) -> bytes | None:
    """The path of an application in EF.DIR; None when it is not listed, or has no path.

    Raises:
        TlvMalformed: EF.DIR cannot be read.
    """
    for each in Tlv.parse_all(without_padding(directory)):
        if each.tag != _APPLICATION:
            continue
        members = each.children
        name, path = find(members, _APPLICATION_ID), find(members, _APPLICATION_PATH)
        if name is not None and path is not None and name.value == application_id:
            return path.value
    return None


def parse_object_directory(octets: bytes) -> dict[DirectoryKind, tuple[FilePath, ...]]:
    """The directories that EF.OD names, in its order.

    Raises:
        TlvMalformed: EF.OD cannot be read.
    """
    found: dict[DirectoryKind, tuple[FilePath, ...]] = {}
    for each in _entries(octets):
        path = find(each.children, _SEQUENCE) if each.tag in _DIRECTORY_KINDS else None
        if path is not None:
            kind = DirectoryKind(each.tag)
            found[kind] = (*found.get(kind, ()), _path(path))
    return found


def parse_private_keys(octets: bytes) -> tuple[PrivateKeyEntry, ...]:
    """The RSA keys of a private key directory.

    Raises:
        TlvMalformed: it cannot be read.
    """
    keys = []
    for entry in _entries(octets):
        if entry.tag == _SEQUENCE:  # privateRSAKey; others have a context tag
            common, key = _sequences(entry, 2)
            reference = find(key, _INTEGER)
            keys.append(
                PrivateKeyEntry(
                    id=_identifier(key),
                    reference=None if reference is None else _octet(reference.value),
                    pin_id=_optional(common, _OCTET_STRING),
                )
            )
    return tuple(keys)


def parse_certificates(octets: bytes) -> tuple[CertificateEntry, ...]:
    """The X.509 certificates of a certificate directory.

    Raises:
        TlvMalformed: it cannot be read.
    """
    certificates = []
    for entry in _entries(octets):
        if entry.tag == _SEQUENCE:  # x509Certificate
            _common, certificate = _sequences(entry, 2)
            value = _type_attributes(entry)[:1]
            if not value:
                raise TlvMalformed("a certificate has no value")
            direct = value[0].tag == _DIRECT_VALUE
            location = value[0].value if direct else _path(value[0])
            certificates.append(CertificateEntry(id=_identifier(certificate), location=location))
    return tuple(certificates)


def parse_pins(octets: bytes) -> tuple[PinEntry, ...]:
    """The PINs of an authentication object directory.

    Raises:
        TlvMalformed: it cannot be read, or the lengths of a PIN contradict each other.
    """
    pins = []
    for entry in _entries(octets):
        if entry.tag == _SEQUENCE:  # pwd
            _common, authentication = _sequences(entry, 2)
            attributes = _type_attributes(entry)
            kind = find(attributes, _ENUMERATED)
            if kind is None or kind.integer not in set(_PinType):
                continue
            reference = find(attributes, _PIN_REFERENCE)
            pins.append(
                PinEntry(
                    id=_identifier(authentication),
                    reference=0 if reference is None else _octet(reference.value),
                    format=_pin_format(attributes, _PinType(kind.integer)),
                )
            )
    return tuple(pins)


def _pin_format(attributes: tuple[Tlv, ...], kind: _PinType) -> PinFormat:
    """PasswordAttributes: pwdFlags, pwdType, minLength, storedLength, maxLength, [0] pwdReference, padChar."""
    lengths = [each.integer for each in attributes if each.tag == _INTEGER]
    if len(lengths) not in (2, 3):
        raise TlvMalformed("a PIN has no lengths")
    least, stored = lengths[:2]
    most = lengths[2] if len(lengths) == 3 else stored
    padded = _bit(find(attributes, _BIT_STRING), _NEEDS_PADDING)
    if not (0 < least <= most <= LONGEST_PIN and stored <= LONGEST_PIN and (most <= stored or not padded)):
        raise TlvMalformed("the lengths of a PIN contradict each other")
    padding = _optional(attributes, _OCTET_STRING) or b"\xff"
    return PinFormat(
        least=least,
        most=most,
        numeric=kind is _PinType.ASCII_NUMERIC,
        stored_length=stored if padded else 0,
        padding=_octet(padding),
    )


def _entries(octets: bytes) -> tuple[Tlv, ...]:
    entries = Tlv.parse_all(without_padding(octets))
    if len(entries) > _MOST_ENTRIES:
        raise TlvMalformed("a directory has too many entries")
    return entries


def _sequences(entry: Tlv, count: int) -> tuple[tuple[Tlv, ...], ...]:
    """The members of the first sequences of an entry: CommonObjectAttributes, then those of its class."""
    sequences = [each.children for each in entry.children if each.tag == _SEQUENCE]
    if len(sequences) < count:
        raise TlvMalformed("an entry is incomplete")
    return tuple(sequences[:count])


def _type_attributes(entry: Tlv) -> tuple[Tlv, ...]:
    typed = find(entry.children, _TYPE_ATTRIBUTES)
    sequence = None if typed is None else find(typed.children, _SEQUENCE)
    if sequence is None:
        raise TlvMalformed("an entry has no attributes of its type")
    return sequence.children


def _path(sequence: Tlv) -> FilePath:
    """Path: SEQUENCE of the path, and optionally an index and a length, given together."""
    members = sequence.children
    path, index, length = find(members, _OCTET_STRING), find(members, _INTEGER), find(members, _PATH_LENGTH)
    if path is None or not 2 <= len(path.value) <= 32:
        raise TlvMalformed("a path has no file identifiers")
    return FilePath(
        path.value,
        0 if index is None else index.integer,
        None if index is None or length is None else int.from_bytes(length.value[:8]),
    )


def _identifier(members: tuple[Tlv, ...]) -> bytes:
    identifier = _optional(members, _OCTET_STRING)
    if not 0 < len(identifier) <= 255:
        raise TlvMalformed("an identifier is missing")
    return identifier


def _optional(members: tuple[Tlv, ...], tag: int) -> bytes:
    found = find(members, tag)
    return b"" if found is None else found.value


def _octet(value: bytes) -> int:
    """A number of one octet. Cards write 0x81 with and without the zero octet that DER demands."""
    number = int.from_bytes(value[:8])
    if not value or number > 0xFF:
        raise TlvMalformed("a reference is not one octet")
    return number


def _bit(bits: Tlv | None, number: int) -> bool:
    """A bit of a BIT STRING, whose first octet counts the unused bits."""
    if bits is None or len(bits.value) <= 1 + number // 8:
        return False
    return bool(bits.value[1 + number // 8] & 0x80 >> number % 8)
