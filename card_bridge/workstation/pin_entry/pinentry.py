"""The pinentry program of the system, by the Assuan protocol (GnuPG's manuals "Assuan" and "Pinentry").

Only a pinentry with windows is used: the bridge has no terminal. The protocol has no box to tick, so the last try is
a question of its own before the PIN, whose button says what it accepts.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from card_bridge.workstation.pin_entry.base import LONGEST_PIN, Pin, PinRequest, PinTimedOut, PinUnavailable
from card_bridge.workstation.pin_entry.dialogs import OriginQuestion, Patience
from card_bridge.workstation.pin_entry.questions import (
    Question,
    field_label,
    malformed,
    origin_question,
    pin_question,
    pinpad_question,
    use_question,
)

PROGRAMS: Final = ("pinentry-gnome3", "pinentry-qt", "pinentry-qt5", "pinentry-gtk-2", "pinentry-x11", "pinentry-mac")
_POLL: Final = 0.2  # seconds
_CANCELLED, _TIMED_OUT, _NOT_CONFIRMED = 99, 62, 114  # of libgpg-error; the upper half of the number is the source
_LONGEST_LINE: Final = 1000  # octets, of Assuan


def graphical_pinentry() -> str | None:
    """The path of a pinentry that has windows, when there is a display to show them on."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


class PinentryDialogs:
    """Shows each question with a pinentry program."""

    def __init__(self, program: str, language: str) -> None:
        """`program` is its path: `graphical_pinentry`."""
        self._program = program
        self._language = language

    def in_language(self, language: str) -> "PinentryDialogs":
        return PinentryDialogs(self._program, language)

    def confirm_origin(self, question: OriginQuestion, patience: Patience) -> bool:
        with _session(self._program, patience, lambda: True) as session:
            return session.confirm(origin_question(question, self._language))

    def confirm_use(self, request: PinRequest, code: str, patience: Patience) -> bool:
        with _session(self._program, patience, request.card_is_present) as session:
            return session.confirm(use_question(request, code, self._language))

    def ask_pin(self, request: PinRequest, code: str, patience: Patience) -> Pin | None:
        question = pin_question(request, code, self._language)
        with _session(self._program, patience, request.card_is_present) as session:
            if request.is_last_try and not session.confirm(question):
                return None
            problem = ""
            while (octets := session.get_pin(question, field_label(self._language), problem)) is not None:
                problem = malformed(request, self._language)
                if 0 < len(octets) <= LONGEST_PIN:
                    pin = Pin(octets, last_try_accepted=request.is_last_try)
                    if request.format.accepts(pin):
                        return pin
                    pin.wipe()
            return None

    def during_pinpad(self, request: PinRequest, code: str, patience: Patience, typed: Callable[[], bytes]) -> bytes:
        question = pinpad_question(request, code, self._language)
        with _session(self._program, patience, lambda: True) as session:
            session.show(question)
            return typed()


class _Session:
    """One run of the program. Each method raises `PinTimedOut` and `PinUnavailable`."""

    def __init__(self, process: subprocess.Popen[bytes], patience: Patience, is_wanted: Callable[[], bool]) -> None:
        self._process = process
        self._patience = patience
        self._is_wanted = is_wanted
        self._lines: SimpleQueue[bytearray] = SimpleQueue()
        self._reading = Thread(target=self._read, name="pinentry", daemon=True)
        self._reading.start()

    def confirm(self, question: Question) -> bool:
        """Whether the person accepts. What a box would say, the button says."""
        self._describe(question, accept=question.tick or question.accept, cancel=question.cancel)
        self._send("CONFIRM")
        return self._answer() is not None

    def get_pin(self, question: Question, label: str, problem: str) -> bytearray | None:
        """What the person typed; None when they cancel."""
        self._describe(question, accept=question.accept, cancel=question.cancel)
        self._command(f"SETPROMPT {_escaped(label)}")
        if problem:
            self._command(f"SETERROR {_escaped(problem)}")
        self._send("GETPIN")
        return self._answer()

    def show(self, question: Question) -> None:
        """A message, without waiting for an answer."""
        self._describe(question, accept="OK", cancel="")
        self._send("MESSAGE")

    def end(self) -> None:
        """Close the window."""
        self._process.kill()
        self._process.wait()
        self._reading.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def greeted(self) -> None:
        """Wait until the program is ready."""
        self._require_ok()

    def _describe(self, question: Question, *, accept: str, cancel: str) -> None:
        facts = [f"{name} – {value}" for name, value in question.facts]
        text = "\n".join([question.heading, "", *facts, *question.warnings])
        self._command(f"SETTIMEOUT {max(1, int(self._patience.left))}")
        self._command(f"SETTITLE {_escaped(question.title)}")
        self._command(f"SETDESC {_escaped(text)}")
        self._command(f"SETOK {_escaped(accept)}")
        if cancel:
            self._command(f"SETCANCEL {_escaped(cancel)}")

    def _command(self, line: str) -> None:
        self._send(line)
        self._require_ok()

    def _require_ok(self) -> None:
        """A question that was called off is refused when it is asked."""
        if self._answer() is None and not self._is_called_off():
            raise PinUnavailable

    def _is_called_off(self) -> bool:
        return self._patience.cancelled.is_set() or not self._is_wanted()

    def _send(self, line: str) -> None:
        stream = self._process.stdin
        try:
            if stream is not None:
                stream.write(line.encode()[: _LONGEST_LINE - 1] + b"\n")
        except OSError:
            raise PinUnavailable from None

    def _answer(self) -> bytearray | None:
        """The data before OK; None when the person cancels, the page calls off, or the card is gone."""
        data = bytearray()
        while True:
            line = self._next_line()
            if line is None:
                return None
            if line.startswith(b"D "):
                data += _unescaped(line[2:])
            elif line == b"OK" or line.startswith(b"OK "):
                return data
            elif line.startswith(b"ERR "):
                return self._refusal(line)

    @staticmethod
    def _refusal(line: bytearray) -> None:
        number = line.split(b" ")[1]
        code = int(number) & 0xFFFF if number.isdigit() and len(number) < 12 else 0
        if code == _TIMED_OUT:
            raise PinTimedOut
        if code not in (_CANCELLED, _NOT_CONFIRMED):
            raise PinUnavailable

    def _next_line(self) -> bytearray | None:
        overtime = time.monotonic() + self._patience.left + 2
        while True:
            if self._is_called_off():
                return None
            if time.monotonic() > overtime:
                raise PinTimedOut
            try:
                line = self._lines.get(timeout=_POLL)
            except Empty:
                continue
            if not line:
                raise PinUnavailable  # the program has ended
            return line

    def _read(self) -> None:
        stream = self._process.stdout
        line, octet = bytearray(), bytearray(1)
        while stream is not None and len(line) < _LONGEST_LINE and stream.readinto(octet):  # type: ignore[attr-defined]
            if octet != b"\n":
                line += octet
            elif line:
                self._lines.put(line)
                line = bytearray()
        self._lines.put(bytearray())


@contextmanager
def _session(program: str, patience: Patience, is_wanted: Callable[[], bool]) -> Iterator[_Session]:
    try:
        process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
    except OSError:
        raise PinUnavailable from None
    session = _Session(process, patience, is_wanted)
    try:
        session.greeted()
        yield session
    finally:
        session.end()


def _escaped(text: str) -> str:
    """Assuan: percent, CR and LF in hexadecimal."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _unescaped(data: Iterable[int]) -> bytearray:
    octets, result = bytearray(data), bytearray()
    index = 0
    while index < len(octets):
        if octets[index] == ord("%") and index + 2 < len(octets):
            try:
                result.append(int(octets[index + 1 : index + 3], 16))
                index += 3
                continue
            except ValueError:
                pass
        result.append(octets[index])
        index += 1
    return result
