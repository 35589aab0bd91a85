"""The PKCS#15 directories of a virtual card (PKCS#15 version 1.1, ISO/IEC 7816-15).

Only the names of the object directory file (5031) and of CIAInfo (5032) are fixed by the standard. A card chooses the
others, and so does `FileIds`: a client that knows a file by heart fails.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Self

from card_bridge.workstation.virtual.files import Directory, File
from card_bridge.workstation.virtual.profile import KeyUse
from card_bridge.workstation.virtual.tlv import (
    boolean,
    integer,
    named_bits,
    octet_string,
    sequence,
    tlv,
    utf8_string,
)

APPLICATION: Final = bytes.fromhex("E828BD080F8025000001FF0010")
APPLICATION_DIRECTORY: Final = 0x0001
_OBJECT_DIRECTORY, _INFORMATION = 0x5031, 0x5032
_PIN_ID: Final = b"\x01"

_PRIVATE, _MODIFIABLE = 0, 1  # CommonObjectFlags
_DECRYPT, _SIGN, _NON_REPUDIATION = 1, 2, 9  # KeyUsageFlags
_INITIALIZED, _NEEDS_PADDING = 4, 5  # PasswordFlags
_EXECUTE: Final = 2  # AccessMode


@dataclass(frozen=True, slots=True, kw_only=True)
class FileIds:
    """The identifiers that the card chose for its files. The defaults are one choice."""

    private_keys: int = 0x7001
    certificates: int = 0x7002
    authentication_objects: int = 0x7003
    data_objects: int = 0x7004
    first_certificate: int = 0xC101
    second_certificate: int = 0xC102
    first_data: int = 0xD101
    relative_paths: bool = False
    """Whether paths count from the application's directory; otherwise they begin with 3F00."""

    @classmethod
    def invented(cls, random: Random) -> Self:
        """Seven identifiers that no earlier card had, in an order of their own."""
        numbers = random.sample(range(0x6000, 0xEF00), 6)
        first_data = 0x4000 + random.randrange(0x800)
        return cls(
            private_keys=numbers[0],
            certificates=numbers[1],
            authentication_objects=numbers[2],
            data_objects=numbers[3],
            first_certificate=numbers[4],
            second_certificate=numbers[5],
            first_data=first_data,
            relative_paths=random.random() < 0.5,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PinFormat:
    """How the card takes its PIN. `stored` is the length with padding."""

    least: int = 4
    most: int = 4
    stored: int = 4
    padding: int | None = None
    """The octet that fills a shorter PIN; None when the PIN is sent as it is typed."""
    reference: int = 0x01


@dataclass(frozen=True, slots=True, kw_only=True)
class CardObject:
    """A key pair and its certificate. Both have the same identifier."""

    use: KeyUse
    label: str
    id: bytes
    reference: int
    bits: int
    certificate: bytes
    """DER; empty when the card was not activated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataObject:
    """A small text about the holder."""

    label: str
    content: bytes
    needs_pin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What the directories describe."""

    serial: bytes
    objects: Sequence[CardObject]
    data: Sequence[DataObject] = ()
    pin: PinFormat = field(default_factory=PinFormat)
    is_activated: bool = True
    algorithms: bytes = b""
    """The supportedAlgorithms of CIAInfo, DER."""


def application(contents: Contents, ids: FileIds) -> Directory:
    """The directory of the PKCS#15 application, with all its files."""
    made = Directory(id=APPLICATION_DIRECTORY, name=APPLICATION)
    certificates = [each for each in contents.objects if each.certificate]
    places = dict(
        zip([each.id for each in certificates], (ids.first_certificate, ids.second_certificate), strict=False)
    )
    for each in certificates:
        made.add(File(id=places[each.id], content=each.certificate))
    for number, data in enumerate(contents.data):
        made.add(File(id=ids.first_data + number, content=data.content, needs_pin=data.needs_pin))
    made.add(File(id=_OBJECT_DIRECTORY, content=_object_directory(ids)))
    made.add(File(id=_INFORMATION, content=_information(contents)))
    made.add(File(id=ids.private_keys, content=b"".join(map(_private_key, contents.objects))))
    made.add(
        File(id=ids.certificates, content=b"".join(_certificate(each, ids, places[each.id]) for each in certificates))
    )
    made.add(File(id=ids.authentication_objects, content=_pin(contents)))
    made.add(File(id=ids.data_objects, content=b"".join(_data_objects(contents, ids))))
    return made


def _path(ids: FileIds, identifier: int) -> bytes:
    start = b"" if ids.relative_paths else bytes.fromhex("3F000001")
    return sequence(octet_string(start + identifier.to_bytes(2, "big")))


def _object_directory(ids: FileIds) -> bytes:
    """ODF (PKCS#15 section 6.2), with unused octets at its end."""
    return (
        tlv(0xA0, _path(ids, ids.private_keys))
        + tlv(0xA4, _path(ids, ids.certificates))
        + tlv(0xA7, _path(ids, ids.data_objects))
        + tlv(0xA8, _path(ids, ids.authentication_objects))
        + bytes(16)
    )


def _information(contents: Contents) -> bytes:
    """CIAInfo, in PKCS#15 TokenInfo (section 6.9)."""
    algorithms = tlv(0xA2, contents.algorithms) if contents.algorithms else b""
    return sequence(
        integer(1),
        octet_string(contents.serial),
        utf8_string("Carte virtuelle"),
        tlv(0x80, b"CPS"),
        named_bits([1, 2]),  # loginRequired, prnGeneration
        algorithms,
    )


def _private_key(each: CardObject) -> bytes:
    """PrKDF (section 6.3)."""
    usages = [_SIGN, _DECRYPT] if each.use is KeyUse.AUTHENTICATION else [_NON_REPUDIATION]
    rule = sequence(named_bits([_EXECUTE]), octet_string(_PIN_ID))
    return sequence(
        sequence(utf8_string(each.label), named_bits([_PRIVATE]), octet_string(_PIN_ID), sequence(rule)),
        sequence(
            octet_string(each.id),
            named_bits(usages),
            boolean(value=True),
            named_bits([0, 2, 3, 4]),  # sensitive, alwaysSensitive, neverExtractable, local
            integer(each.reference),
        ),
        tlv(0xA1, sequence(sequence(octet_string(bytes.fromhex("3F000001"))), integer(each.bits))),
    )


def _certificate(each: CardObject, ids: FileIds, place: int) -> bytes:
    """CDF (section 6.6)."""
    return sequence(
        sequence(utf8_string(each.label.replace("PRIV", "CERT")), named_bits([])),
        sequence(octet_string(each.id)),
        tlv(0xA1, sequence(_path(ids, place))),
    )


def _pin(contents: Contents) -> bytes:
    """AODF (section 6.8) with one PIN."""
    pin = contents.pin
    flags = ([_INITIALIZED] if contents.is_activated else []) + ([] if pin.padding is None else [_NEEDS_PADDING])
    padding = b"" if pin.padding is None else octet_string(bytes([pin.padding]))
    attributes = sequence(
        named_bits(flags),
        tlv(0x0A, b"\x01"),  # ascii-numeric
        integer(pin.least),
        integer(pin.stored),
        integer(pin.most),
        tlv(0x80, bytes([pin.reference])),
        padding,
        sequence(octet_string(bytes.fromhex("3F00"))),
    )
    return sequence(
        sequence(utf8_string("Code porteur"), named_bits([_PRIVATE, _MODIFIABLE])),
        sequence(octet_string(_PIN_ID)),
        tlv(0xA1, attributes),
    )


def _data_objects(contents: Contents, ids: FileIds) -> Iterator[bytes]:
    """DODF (section 6.7)."""
    for number, each in enumerate(contents.data):
        flags, authentication = ([_PRIVATE], octet_string(_PIN_ID)) if each.needs_pin else ([], b"")
        yield sequence(
            sequence(utf8_string(each.label), named_bits(flags), authentication),
            sequence(utf8_string("CPS")),
            tlv(0xA1, _path(ids, ids.first_data + number)),
        )
