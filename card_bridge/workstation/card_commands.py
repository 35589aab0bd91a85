"""`card-bridge status`, `read`, `sign` and `selftest`: what the card and the workstation can do, without a browser."""

import hashlib
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from card_bridge.workstation.command_options import (
    json_option,
    load_settings,
    readers_of_this_computer,
    settings_option,
)
from card_bridge.workstation.output import EXIT_CODES, ExitCode, echo, stop, write

if TYPE_CHECKING:
    from card_bridge.workstation.card import OpenCard
    from card_bridge.workstation.connection import CardReaders
    from card_bridge.workstation.operation import Workstation

TEST_ORIGIN: Final = "https://card-bridge.invalid"
"""The origin that `sign` signs for. It belongs to nobody (RFC 2606), so that no service accepts the signature."""


@click.command(epilog=EXIT_CODES)
@json_option
def status(*, in_json: bool) -> None:
    """Print the state of the readers and of the card."""
    from card_bridge.workstation.operation import look
    from card_bridge.workstation.texts import ENGLISH, sentence

    seen = look(readers_of_this_computer(in_json=in_json))
    if in_json:
        write(seen.as_members(with_holder=True))
    else:
        echo(f"{seen.state}: {sentence(seen.state, ENGLISH)}")
        if seen.reader:
            echo(f"Reader: {seen.reader}")
        if seen.holder:
            echo(f"Holder: {seen.holder.name}, {seen.holder.profession}, until {seen.holder.expires_on.isoformat()}")
        if seen.tries_left is not None:
            echo(f"Tries left: {seen.tries_left}")
    raise SystemExit(_exit_code(seen))


@click.command(epilog=EXIT_CODES)
@json_option
def read(*, in_json: bool) -> None:
    """Print what the authentication certificate of the card says. No PIN is needed."""
    from card_bridge.workstation.operation import look

    readers = readers_of_this_computer(in_json=in_json)
    seen = look(readers)
    if seen.holder is None:
        _stop_at(seen, in_json=in_json)
    with _opened(readers, seen, in_json=in_json) as card:
        members = _certificate_members(card)
    if in_json:
        write(members)
        return
    for name, value in members.items():
        echo(f"{name.replace('_', ' ')}: {value}")


@click.command(epilog=EXIT_CODES)
@click.option("--simulator", is_flag=True, help="Use a virtual card instead of a reader. Its PIN is 1234.")
@click.option("--persona", help="The virtual card, with --simulator. Default: doctor.")
@json_option
def sign(*, simulator: bool, persona: str | None, in_json: bool) -> None:
    """Have the card sign a test text, and verify the signature.

    The PIN is asked for. The text names an origin that belongs to nobody: no service accepts the signature.
    """
    from card_bridge.assertion import Purpose
    from card_bridge.states import CardState
    from card_bridge.workstation import operation
    from card_bridge.workstation.process_hardening import harden_process
    from card_bridge.workstation.terminal_prompt import TerminalPrompt
    from card_bridge.workstation.texts import ENGLISH, sentence

    if persona and not simulator:
        raise click.UsageError("--persona needs --simulator")
    harden_process()
    simulated = _simulated(persona or "doctor", in_json=in_json) if simulator else None
    with simulated or nullcontext(readers_of_this_computer(in_json=in_json)) as readers:
        answer = operation.sign(
            readers,
            purpose=Purpose.LOGIN,
            origin=TEST_ORIGIN,
            nonce=secrets.token_urlsafe(32),
            pin_prompt=TerminalPrompt(),
        )
    if isinstance(answer, operation.NotSigned):
        left = "" if answer.tries_left is None else f" Tries left: {answer.tries_left}."
        code = ExitCode.UNAVAILABLE if isinstance(answer.reason, CardState) else ExitCode.REFUSED
        stop(code, answer.reason, sentence(answer.reason, ENGLISH) + left, in_json=in_json)
    # `operation.sign` has verified the signature with the key of the certificate.
    if in_json:
        write({"signed": True, "reader": answer.slot.name})
    else:
        echo(f"The card in {answer.slot.name!r} has signed, and the signature is right.")


@click.command(epilog=EXIT_CODES)
@settings_option
@json_option
def selftest(settings_file: Path | None, *, in_json: bool) -> None:
    """Check this workstation, and say what to do for each fault. Bridge, sites, reader, card, PIN entry, browsers."""
    from card_bridge.workstation.operation import look
    from card_bridge.workstation.selftest import Result, run
    from card_bridge.workstation.serve import running_port

    port, readers = running_port(), readers_of_this_computer(in_json=in_json)
    checks = run(load_settings(settings_file, in_json=in_json), look(readers), port=port)
    if in_json:
        write(
            [
                {"check": check.name, "result": check.result, "found": check.found[1], "to_do": check.to_do[1]}
                for check in checks
            ]
        )
    else:
        for check in checks:
            echo(f"[{check.result}] {check.title[1]}: {check.found[1]} {check.to_do[1]}".rstrip())
        if port is not None:
            echo(f"The same page: http://127.0.0.1:{port}/")
    if any(check.result is Result.FAILED for check in checks):
        raise SystemExit(ExitCode.UNAVAILABLE)


@contextmanager
def _simulated(name: str, *, in_json: bool) -> Iterator["CardReaders"]:
    """A reader with the virtual card of a persona, issued by an authority that ends with the command."""
    try:
        from card_bridge.workstation.virtual.authority import Authority
        from card_bridge.workstation.virtual.cards import make_card
        from card_bridge.workstation.virtual.personas import NoSuchPersona, persona_named
        from card_bridge.workstation.virtual.software import SoftwareReader
    except ImportError:
        stop(
            ExitCode.NOT_FOUND,
            "no_simulator",
            "The virtual card is not installed: pip install 'poterne-card-bridge[simulator]'",
            in_json=in_json,
        )
    try:
        persona = persona_named(name)
    except NoSuchPersona as unknown:
        stop(ExitCode.NOT_FOUND, "no_such_persona", str(unknown), in_json=in_json)
    with tempfile.TemporaryDirectory(prefix="card-bridge-") as folder:
        reader = SoftwareReader()
        reader.insert(make_card(persona, Authority.for_tests(Path(folder))))
        yield reader


@contextmanager
def _opened(readers: "CardReaders", seen: "Workstation", *, in_json: bool) -> Iterator["OpenCard"]:
    """The card that was seen; the command stops when it is no longer there."""
    from card_bridge.workstation.apdu import CardMisbehaved
    from card_bridge.workstation.card import OpenCard
    from card_bridge.workstation.connection import ConnectionFailed

    try:
        slot = next(slot for slot in readers.slots() if slot.name == seen.reader)
        with OpenCard.open(slot) as card:
            yield card
    except (StopIteration, ConnectionFailed, CardMisbehaved):
        stop(ExitCode.UNAVAILABLE, "card-removed", "The card can no longer be read: try again.", in_json=in_json)


def _certificate_members(card: "OpenCard") -> dict[str, object]:
    certificate = card.credential.certificate
    return {
        "name": card.holder.name,
        "profession": card.holder.profession,
        "common_name": certificate.common_name,
        "card": certificate.card_id,
        "card_type": certificate.card_type,
        "card_category": certificate.card_category,
        "valid_from": certificate.not_before.date().isoformat(),
        "valid_until": certificate.not_after.date().isoformat(),
        "key_bits": certificate.key_bits,
        "sha256": hashlib.sha256(certificate.der).hexdigest(),
    }


def _exit_code(seen: "Workstation") -> ExitCode:
    return ExitCode.DONE if seen.state.is_usable else ExitCode.UNAVAILABLE


def _stop_at(seen: "Workstation", *, in_json: bool) -> NoReturn:
    from card_bridge.workstation.texts import ENGLISH, sentence

    stop(ExitCode.UNAVAILABLE, seen.state, sentence(seen.state, ENGLISH), in_json=in_json)
