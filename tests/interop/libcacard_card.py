"""A card that is not ours: the Common Access Card of libcacard, which QEMU uses, in a reader of vpcd.

It is a program, since libcacard starts NSS once in a process:
`python -m tests.interop.libcacard_card DATABASE DESCRIPTOR`, the folder of an NSS database with the certificates
`cert1` to `cert3`, and the descriptor of a connection to vpcd. It answers until the connection ends.
"""

import ctypes
import socket
import sys

from card_bridge.workstation.virtual.vpcd import serve

_CARD_INSERTED = 2  # VEVENT_CARD_INSERT
_LONGEST_ATR, _LONGEST_ANSWER = 40, 258  # octets


class _Event(ctypes.Structure):
    _fields_ = (
        ("next", ctypes.c_void_p),
        ("type", ctypes.c_int),
        ("reader", ctypes.c_void_p),
        ("card", ctypes.c_void_p),
    )


class LibcacardCard:
    """The card, which takes its keys from an NSS database."""

    def __init__(self, database: str) -> None:
        self._library = ctypes.CDLL("libcacard.so.0")
        self._library.vcard_emul_options.restype = ctypes.c_void_p
        self._library.vevent_wait_next_vevent.restype = ctypes.POINTER(_Event)
        wanted = f'db="sql:{database}" use_hw=no soft=(,Reader,CAC,,cert1,cert2,cert3)'
        options = self._library.vcard_emul_options(wanted.encode())
        assert self._library.vcard_emul_init(ctypes.c_void_p(options)) == 0, "libcacard does not start"
        self._reader = ctypes.c_void_p(self._inserted_in())
        self.atr = self._power_on()

    def _inserted_in(self) -> int:
        """The reader of the card, which events name."""
        while True:
            event = self._library.vevent_wait_next_vevent().contents
            if event.type == _CARD_INSERTED:
                return int(event.reader)

    def _power_on(self) -> bytes:
        atr, length = ctypes.create_string_buffer(_LONGEST_ATR), ctypes.c_int(_LONGEST_ATR)
        assert self._library.vreader_power_on(self._reader, atr, ctypes.byref(length)) == 0
        return atr.raw[: length.value]

    def transmit(self, octets: bytes) -> bytes:
        answer, length = ctypes.create_string_buffer(_LONGEST_ANSWER), ctypes.c_int(_LONGEST_ANSWER)
        self._library.vreader_xfr_bytes(self._reader, octets, len(octets), answer, ctypes.byref(length))
        return answer.raw[: length.value]

    def reset(self) -> None:
        self._library.vreader_power_off(self._reader)
        self._power_on()


if __name__ == "__main__":
    serve(LibcacardCard(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
