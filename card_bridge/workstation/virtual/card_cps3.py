"""A virtual CPS3: the IAS-ECC application, with the protocol T=0.

The facts are those of ANS's published interface and of OpenSC's driver. The authentication key signs by INTERNAL
AUTHENTICATE. The signature key is there and signs nothing: a login never uses it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from card_bridge.workstation.virtual.card import VirtualCard, power
from card_bridge.workstation.virtual.command_apdu import CHAINED, CommandApdu, Refused, Status
from card_bridge.workstation.virtual.files import MASTER_FILE, File
from card_bridge.workstation.virtual.personas import PIN_TRIES
from card_bridge.workstation.virtual.pkcs15 import APPLICATION_DIRECTORY
from card_bridge.workstation.virtual.tlv import integer, named_bits, sequence, tlv

ATR: Final = bytes.fromhex("3BAC00402A001225006480000310009000")
ROOT_NAME: Final = bytes.fromhex("8025000001FF0100")
SIGNATURE_KEY, AUTHENTICATION_KEY = 0x81, 0x82

_RSA_PKCS1, _RSA_PKCS1_DECRYPT = 0x02, 0x0A  # algorithm references of IAS-ECC
_AUTHENTICATION, _CONFIDENTIALITY, _SIGNATURE = 0xA4, 0xB8, 0xB6  # control reference templates
_SHARE_OF_MODULUS: Final = 0.4  # the longest input of INTERNAL AUTHENTICATE (PKCS#1, ISO/IEC 7816-8)


def root_files(card_number: int) -> list[File]:
    """EF.ATR and EF.SN, in the master file."""
    serial = bytes.fromhex(f"{card_number:010d}")
    sizes = b"".join(tlv(0x02, size.to_bytes(2, "big")) for size in (0x0104, 0x0104, 0x0100, 0x0100))
    ef_atr = b"\x80" + b"".join(
        (
            tlv(0x43, b"\xb8"),
            tlv(0x46, bytes.fromhex("04121010")),
            tlv(0x47, bytes.fromhex("940180")),
            tlv(0x4F, ROOT_NAME),
            tlv(0xE0, sizes),
            tlv(0x78, bytes.fromhex("06062B8122F87802")),
            tlv(0x82, bytes.fromhex("9000")),
        )
    )
    return [
        File(id=0x2F01, short_id=0x1D, content=ef_atr),
        File(id=0xD003, short_id=0x1C, content=tlv(0x5A, bytes.fromhex("8025000001"), serial)),
    ]


def directory_file(names: Sequence[tuple[bytes, str]]) -> File:
    """EF.DIR: the applications, each with its AID, its label and the path of its directory."""
    path = MASTER_FILE.to_bytes(2, "big") + APPLICATION_DIRECTORY.to_bytes(2, "big")
    entries = (tlv(0x61, tlv(0x4F, name), tlv(0x50, label.encode()), tlv(0x51, path)) for name, label in names)
    return File(id=0x2F00, short_id=0x1E, content=b"".join(entries))


def supported_algorithms() -> bytes:
    """The supportedAlgorithms of CIAInfo: reference, mechanism of PKCS#11, parameters, operations, algorithm."""
    rsa_encryption = bytes.fromhex("06092A864886F70D010101")
    null = b"\x05\x00"
    return b"".join(
        sequence(integer(reference), integer(0x01), null, named_bits([operation]), rsa_encryption, integer(algorithm))
        for reference, operation, algorithm in ((1, 1, _RSA_PKCS1), (2, 5, _RSA_PKCS1_DECRYPT))
    )


class Cps3Card(VirtualCard):
    """A card of the generation CPS3."""

    atr = ATR
    is_t0 = True

    def reset(self) -> None:
        super().reset()
        self._environment: tuple[int, int, int] | None = None  # template, algorithm, key
        self._chain = b""

    def _check_class(self, command: CommandApdu) -> None:
        """The class is 00; 10 for a part of PERFORM SECURITY OPERATION. T=0 carries no Le after data."""
        if command.cla & ~CHAINED:
            raise Refused(Status.UNKNOWN_CLASS)
        if command.data and command.le is not None:
            raise Refused(Status.WRONG_LENGTH)

    def _instructions(self) -> Mapping[int, Callable[[CommandApdu], bytes]]:
        return {
            0x20: self._verify,
            0x22: self._manage_environment,
            0x2A: self._perform_operation,
            0x84: self._get_challenge,
            0x88: self._internal_authenticate,
            0xA4: self._select,
            0xB0: self._read_binary,
            0xCB: self._get_data,
        }

    def _get_challenge(self, command: CommandApdu) -> bytes:
        if command.le is None:
            raise Refused(Status.WRONG_LENGTH)
        return bytes(command.le)  # zeros: a virtual card has no source of random numbers

    def _manage_environment(self, command: CommandApdu) -> bytes:
        """MANAGE SECURITY ENVIRONMENT, SET: the algorithm (tag 80) and the key (tag 84)."""
        if command.p1 != 0x41 or command.p2 not in (_AUTHENTICATION, _CONFIDENTIALITY, _SIGNATURE, 0xAA):
            raise Refused(Status.WRONG_PARAMETERS)
        fields = {command.data[at]: command.data[at + 2] for at in range(0, len(command.data) - 2, 3)}
        if command.p2 == 0xAA:
            return b""
        algorithm, key = fields.get(0x80), fields.get(0x84)
        if algorithm is None or key is None or len(command.data) != 6:
            raise Refused(Status.WRONG_DATA)
        if key not in self._keys:
            raise Refused(Status.OBJECT_NOT_FOUND)
        self._environment = (command.p2, algorithm, key)
        return b""

    def _key_for(self, template: int, algorithm: int) -> rsa.RSAPrivateKey:
        """The authentication key, when the environment was set for this operation and the PIN was verified."""
        if self._environment != (template, algorithm, AUTHENTICATION_KEY):
            raise Refused(Status.CONDITIONS_NOT_SATISFIED)
        self._require_pin()
        return self._keys[AUTHENTICATION_KEY]

    def _internal_authenticate(self, command: CommandApdu) -> bytes:
        """Sign a DigestInfo with RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2.1)."""
        key = self._key_for(_AUTHENTICATION, _RSA_PKCS1)
        size = key.key_size // 8
        if not command.data or len(command.data) > size * _SHARE_OF_MODULUS:
            raise Refused(Status.WRONG_LENGTH)
        padding = b"\xff" * (size - 3 - len(command.data))
        return power(key, b"\x00\x01" + padding + b"\x00" + command.data)

    def _perform_operation(self, command: CommandApdu) -> bytes:
        """PSO: DECIPHER, in parts. The signature operations are not emulated."""
        if (command.p1, command.p2) != (0x80, 0x86):
            raise Refused(Status.NOT_SUPPORTED)
        self._chain += command.data
        if command.is_chained:
            return b""
        cryptogram, self._chain = self._chain, b""
        key = self._key_for(_CONFIDENTIALITY, _RSA_PKCS1_DECRYPT)
        if len(cryptogram) != key.key_size // 8 + 1 or cryptogram[0] != 0x81:
            raise Refused(Status.WRONG_DATA)
        padded = power(key, cryptogram[1:])
        if not padded.startswith(b"\x00\x02") or (end := padded.find(b"\x00", 2)) < 10:
            raise Refused(Status.WRONG_DATA)
        return padded[end + 1 :]

    def _get_data(self, command: CommandApdu) -> bytes:
        """GET DATA: the attributes (DOCP, tag A0) of a security data object of IAS-ECC."""
        if (command.p1, command.p2) != (0x3F, 0xFF):
            raise Refused(Status.WRONG_PARAMETERS)
        asked, wanted = _object_asked(command.data)
        if wanted != b"\xa0\x80":
            raise Refused(Status.WRONG_DATA)
        match asked.hex().upper():
            case "BF8101":
                attributes = self._pin_attributes()
            case "BF9001":
                attributes = _key_attributes(self._keys[SIGNATURE_KEY], signs=True)
            case "BF9002":
                attributes = _key_attributes(self._keys[AUTHENTICATION_KEY], signs=False)
            case _:
                raise Refused(Status.OBJECT_NOT_FOUND)
        return tlv(0x70, tlv(int.from_bytes(asked, "big"), tlv(0xA0, attributes)))

    def _pin_attributes(self) -> bytes:
        """Tries at most, tries left and uses left of the PIN, and who may change, verify, reset and read it."""
        rules = tlv(0x8C, bytes([0x73, 0x11, 0x00, 0x14, 0xFF, 0x00]))
        counters = tlv(0x9A, bytes([PIN_TRIES])), tlv(0x9B, bytes([self._tries.left])), tlv(0x9D, b"\xff\xff")
        return tlv(0x80, bytes([len(self._pin)])) + b"".join(counters) + tlv(0xA1, rules)


def _object_asked(data: bytes) -> tuple[bytes, bytes]:
    """The identifier and the wanted part of `4D { 70 { BFxxyy { part } } }`.

    Raises:
        Refused: the data are of another form.
    """
    if len(data) < 8 or data[0] != 0x4D or data[2] != 0x70 or data[4] != 0xBF:
        raise Refused(Status.WRONG_DATA)
    asked, wanted = data[4:7], data[8:]
    if data[1] != len(data) - 2 or data[3] != len(data) - 4 or data[7] != len(wanted):
        raise Refused(Status.WRONG_DATA)
    return asked, wanted


def _key_attributes(key: rsa.RSAPrivateKey, *, signs: bool) -> bytes:
    """The size, and who may sign, authenticate, decipher, generate, write and read."""
    after_pin, never = 0x11, 0xFF
    sign, authenticate = (after_pin, never) if signs else (never, after_pin)
    rules = bytes([0x7B, sign, authenticate, authenticate, never, never, 0x00])
    return tlv(0x80, (key.key_size // 8).to_bytes(2, "big")) + tlv(0xA1, tlv(0x8C, rules))
