"""Entries of PKCS#15 directories, written by hand. The virtual cards write theirs by code of their own."""

from tests.card_bridge.workstation.scripted import tlv

PATH = tlv(0x30, tlv(0x04, bytes.fromhex("3F0000017001")))


def octet_string(value: bytes) -> bytes:
    return tlv(0x04, value)


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def key(identifier: bytes = b"\x02", *, reference: bytes = integer(0x82), pin: bytes = octet_string(b"\x01")) -> bytes:
    common = tlv(0x30, tlv(0x0C, b"CPS_PRIV_AUT"), tlv(0x03, b"\x06\xc0"), pin)
    class_attributes = tlv(0x30, octet_string(identifier), tlv(0x03, b"\x05\x60"), tlv(0x03, b"\x03\xb8"), reference)
    return tlv(0x30, common, class_attributes, tlv(0xA1, tlv(0x30, PATH, integer(2048))))


def certificate(identifier: bytes = b"\x02", *, value: bytes = PATH) -> bytes:
    common = tlv(0x30, tlv(0x0C, b"CPS_CERT_AUT"))
    return tlv(0x30, common, tlv(0x30, octet_string(identifier)), tlv(0xA1, tlv(0x30, value)))


def pin(*, flags: bytes = b"\x03\x08", kind: int = 1, lengths: tuple[int, ...] = (4, 4, 4), more: bytes = b"") -> bytes:
    attributes = tlv(0x30, tlv(0x03, flags), tlv(0x0A, bytes([kind])), *(integer(each) for each in lengths), more)
    common = tlv(0x30, tlv(0x0C, b"PIN"))
    return tlv(0x30, common, tlv(0x30, octet_string(b"\x01")), tlv(0xA1, attributes))
