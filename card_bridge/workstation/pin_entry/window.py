"""The bridge's own window: starts `window_process.py`, asks it one question, and ends it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any, Final

from card_bridge.workstation.pin_entry.base import Pin, PinRequest, PinTimedOut, PinUnavailable
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

_PROGRAM: Final = Path(__file__).with_name("window_process.py")
_POLL: Final = 0.2  # seconds
_GRACE: Final = 2.0  # seconds beyond the window's own time limit
_LONGEST_ANSWER: Final = 128  # octets


@cache
def interpreter() -> str | None:
    """A Python that has tkinter: this one, else the system's."""
    for python in (sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin") or ""):
        if not python:
            continue
        tried = subprocess.run([python, "-I", "-c", "import tkinter"], capture_output=True, check=False)
        if tried.returncode == 0:
            return python
    return None


def has_display() -> bool:
    """Whether windows can be shown: X11 or Wayland's X11 on Unix, always elsewhere."""
    return os.name != "posix" or sys.platform == "darwin" or bool(os.environ.get("DISPLAY"))


class WindowDialogs:
    """Shows each question in a window of the bridge."""

    def __init__(self, language: str) -> None:
        self._language = language

    def in_language(self, language: str) -> "WindowDialogs":
        return WindowDialogs(language)

    @staticmethod
    def is_available() -> bool:
        return has_display() and interpreter() is not None

    def confirm_origin(self, question: OriginQuestion, patience: Patience) -> bool:
        return self._answer(_members("confirm", origin_question(question, self._language)), patience) == b"yes"

    def ask_pin(self, request: PinRequest, code: str, patience: Patience) -> Pin | None:
        members = _members("pin", pin_question(request, code, self._language)) | {
            "field": field_label(self._language),
            "malformed": malformed(request, self._language),
            "least": request.format.least,
            "most": request.format.most,
            "numeric": request.format.numeric,
        }
        answer = self._answer(members, patience, is_wanted=request.card_is_present)
        if not answer.startswith(b"pin "):
            return None
        del answer[:4]
        return Pin(answer, last_try_accepted=request.is_last_try)  # the window insists on the tick

    def confirm_use(self, request: PinRequest, code: str, patience: Patience) -> bool:
        members = _members("confirm", use_question(request, code, self._language))
        return self._answer(members, patience, is_wanted=request.card_is_present) == b"yes"

    def during_pinpad(self, request: PinRequest, code: str, patience: Patience, typed: Callable[[], bytes]) -> bytes:
        members = _members("notice", pinpad_question(request, code, self._language))
        with _running(members | {"seconds": patience.left}):
            return typed()

    def _answer(
        self, members: dict[str, Any], patience: Patience, *, is_wanted: Callable[[], bool] = lambda: True
    ) -> bytearray:
        """The window's answer; `no` when the page calls off, or the card is gone.

        Raises:
            PinTimedOut: the time is over.
            PinUnavailable: no window could be shown.
        """
        with _running(members | {"seconds": patience.left}) as process:
            answer = bytearray()
            reading = Thread(target=_read, args=(process, answer), name="answer of the window", daemon=True)
            reading.start()
            overtime = _GRACE
            while reading.is_alive():
                reading.join(_POLL)
                if patience.cancelled.is_set() or not is_wanted():
                    return bytearray(b"no")
                if patience.left == 0 and (overtime := overtime - _POLL) <= 0:
                    raise PinTimedOut
        if not answer.endswith(b"\n"):
            raise PinUnavailable
        del answer[-1:]
        if answer == b"timeout":
            raise PinTimedOut
        return answer


def _members(kind: str, question: Question) -> dict[str, Any]:
    return {"kind": kind, **asdict(question)}


def _read(process: subprocess.Popen[bytes], answer: bytearray) -> None:
    """One line into `answer`, without a copy that could not be wiped."""
    stream = process.stdout
    octet = bytearray(1)
    while stream is not None and len(answer) < _LONGEST_ANSWER and stream.readinto(octet):  # type: ignore[attr-defined]
        answer += octet
        if octet == b"\n":
            return


@contextmanager
def _running(question: Mapping[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    """The window, while it asks. The question is sent by standard input: others can read the arguments of a program."""
    python = interpreter()
    if python is None or not has_display():
        raise PinUnavailable
    process = subprocess.Popen(
        [python, "-I", str(_PROGRAM)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    )
    try:
        if process.stdin is not None:
            try:
                process.stdin.write(json.dumps(question).encode() + b"\n")
                process.stdin.close()
            except BrokenPipeError:
                raise PinUnavailable from None
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
