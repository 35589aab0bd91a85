"""The commands `idp keys ...`: the signing keys, their rotation, and the keys that SAML applications use."""

from datetime import UTC, datetime
from typing import Protocol

import click

from config.actor import Actor
from config.command_options import json_option
from config.commands import CommandGroup, ExitCode, echo, echo_lines, stop, write
from config.encryption_commands import make_encryption_key, rotate_encryption_key
from idp.keys.certificates import as_pem
from idp.keys.key_jobs import EXPIRY_WARNING_DAYS
from idp.keys.key_ring import Algorithm, KeyState
from idp.keys.key_rotation import SHORT_KID_LENGTH, CannotCutOver, KeyInUse, KeyRotation, NotRotated
from idp.keys.signing_keys import KeyDescription, SigningKeys
from idp.keys.sp_key_pins import KeyPins, Pin, RemainingStep
from relying_parties.problems import NoSuchApplication


class KeyServices(Protocol):
    """The part of `idp.container.services.Services` that these commands use."""

    @property
    def keys(self) -> SigningKeys: ...

    @property
    def key_rotation(self) -> KeyRotation: ...


class ProvidesKeyServices(Protocol):
    """The `obj` that the `idp` command passes to click."""

    @property
    def services(self) -> KeyServices: ...


@click.group(cls=CommandGroup)
def keys() -> None:
    """Manage the signing keys. Each algorithm has a next, a current and, after a rotation, a previous key.

    \b
    To change the certificate that SAML applications know us by:
      1. idp keys certificate               send the certificate of the next key to their administrators
      2. idp keys cut-over NAME             when the administrators of NAME have installed it
      3. idp keys applications --remaining  see which applications still use an older key
      4. idp keys rotate                    when no application remains
    """


keys.add_command(make_encryption_key)
keys.add_command(rotate_encryption_key)


@keys.command("list")
@json_option
@click.pass_obj
def list_keys(installation: ProvidesKeyServices, *, in_json: bool) -> None:
    """List every key: its state, when its certificate ends, and how many SAML applications it signs for."""
    services = installation.services
    _print_keys(services.keys.descriptions(), services.key_rotation.key_pins(), in_json=in_json)


@keys.command()
@click.option("--even-if-recent", is_flag=True, help="Rotate even if the last rotation was less than a day ago.")
@click.option(
    "--even-if-in-use",
    is_flag=True,
    help="Rotate even if the previous key still signs for SAML applications. They are moved to the next key at once, "
    "and refuse our answers until they have its certificate.",
)
@click.option(
    "--stolen",
    is_flag=True,
    help="The current keys were stolen. They are removed at once, and their SAML applications are moved to the next "
    "key, and refuse our answers until they have its certificate.",
)
@json_option
@click.pass_obj
def rotate(
    installation: ProvidesKeyServices, *, even_if_recent: bool, even_if_in_use: bool, stolen: bool, in_json: bool
) -> None:
    """Make the next keys current, keep the current keys as previous keys, and publish new next keys.

    The previous keys verify, and still sign for the SAML applications that you have not cut over.

    \b
    Exit codes: 0 rotated, 1 too soon or a key is still in use, 5 the database does not answer
    """
    services = installation.services
    try:
        described = services.key_rotation.rotate(
            actor=Actor.command_line(),
            now=datetime.now(UTC),
            even_if_recent=even_if_recent,
            even_if_in_use=even_if_in_use,
            stolen=stolen,
        )
    except NotRotated as refused:
        advice = (
            "Cut each of them over when it is ready (idp keys applications --remaining), or use --even-if-in-use."
            if isinstance(refused, KeyInUse)
            else "If a key was stolen, use --stolen; otherwise, to rotate now, use --even-if-recent."
        )
        stop(ExitCode.REFUSED, "not-rotated", f"Not rotated: {refused}. {advice}", in_json=in_json)
    _print_keys(described, services.key_rotation.key_pins(), in_json=in_json)


@keys.command()
@click.option("--remaining", "only_remaining", is_flag=True, help="List only applications that still need a step.")
@json_option
@click.pass_obj
def applications(installation: ProvidesKeyServices, *, only_remaining: bool, in_json: bool) -> None:
    """List the SAML applications: the key that signs for each, since when, and the step that remains."""
    key_pins = installation.services.key_rotation.key_pins()
    listed = [
        pin for pin in key_pins.pins if not only_remaining or key_pins.remaining_step(pin) is not RemainingStep.NOTHING
    ]
    if in_json:
        write([_pin_as_json(key_pins, pin) for pin in listed])
        return
    width = max((len(pin.name) for pin in listed), default=0)
    for pin in listed:
        echo(
            f"{pin.name:<{width}}  {pin.state:<8}  {pin.kid[:SHORT_KID_LENGTH]}  since {pin.since:%Y-%m-%d}  "
            f"{_remaining_step_text(key_pins, pin)}"
        )
    _print_summary(key_pins)


@keys.command("cut-over")
@click.argument("name")
@click.option(
    "--to",
    default="",
    metavar="KID",
    help="Move to this key instead of the next one: its kid, or the first characters of it.",
)
@json_option
@click.pass_obj
def cut_over(installation: ProvidesKeyServices, name: str, to: str, *, in_json: bool) -> None:
    """Sign for the SAML application NAME with the next key from now on.

    The application must already have the certificate of that key (idp keys certificate).

    \b
    Exit codes: 0 done, or nothing to change; 1 refused; 3 no such application; 5 the database does not answer
    """
    try:
        moved = installation.services.key_rotation.cut_over(
            name, actor=Actor.command_line(), now=datetime.now(UTC), to=to
        )
    except NoSuchApplication as unknown:
        stop(ExitCode.NOT_FOUND, "no-such-application", str(unknown), in_json=in_json)
    except CannotCutOver as refused:
        stop(ExitCode.REFUSED, "no-such-key", str(refused), in_json=in_json)
    if in_json:
        write({"name": moved.name, "before": moved.before, "kid": moved.now, "state": moved.state})
        return
    if moved.before == moved.now:
        echo(f"{moved.name} already uses the {moved.state} key {moved.now[:SHORT_KID_LENGTH]}. Nothing was changed.")
        return
    echo(f"The {moved.state} key {moved.now[:SHORT_KID_LENGTH]} signs for {moved.name} from now on.")
    back = moved.before[:SHORT_KID_LENGTH]
    echo(f"If the application refuses our answers, move it back: idp keys cut-over {moved.name} --to {back}")


@keys.command(context_settings={"ignore_unknown_options": True})  # one KID in 64 begins with a hyphen
@click.argument("kid", default="")
@click.pass_obj
def certificate(installation: ProvidesKeyServices, kid: str) -> None:
    """Print a certificate in PEM, to send to the administrators of a SAML application.

    It is the certificate of the next RSA key, or of the key KID (the first characters are enough).

    \b
    Exit codes: 0 printed, 3 no such key, 5 the database does not answer
    """
    described = installation.services.keys.descriptions()
    found = [
        key
        for key in described
        if (key.kid.startswith(kid) if kid else (key.algorithm, key.state) == (Algorithm.RS256, KeyState.NEXT))
    ]
    if len(found) != 1:
        kids = ", ".join(key.kid[:SHORT_KID_LENGTH] for key in described)
        stop(ExitCode.NOT_FOUND, "no-such-key", f"KID must be the start of exactly one of: {kids}")
    echo_lines(as_pem(found[0].certificate))


def _print_keys(described: list[KeyDescription], key_pins: KeyPins, *, in_json: bool) -> None:
    now = datetime.now(UTC)
    counts = {key.kid: len(key_pins.pinned_to([key.kid])) for key in described}
    if in_json:
        write(
            [
                {
                    "kid": key.kid,
                    "algorithm": key.algorithm,
                    "state": key.state,
                    "made_at": key.made_at.isoformat(),
                    "moved_at": key.moved_at.isoformat(),
                    "certificate_ends_at": key.ends_at.isoformat(),
                    "saml_applications": counts[key.kid],
                }
                for key in described
            ]
        )
        return
    for key in described:
        echo(
            f"{key.algorithm:<6} {key.state:<9} since {key.moved_at:%Y-%m-%d %H:%M} UTC  "
            f"certificate until {key.ends_at:%Y-%m-%d}  {_count_text(counts[key.kid]):<20}  {key.kid}"
        )
    for key in described:
        if (days := key.days_left(now)) <= EXPIRY_WARNING_DAYS[0]:
            ends = f"ends in {days} days" if days >= 0 else "has ended"
            echo(f"The certificate of the {key.state} {key.algorithm} key {ends}. {_remedy(key.state)}")


def _remedy(state: KeyState) -> str:
    if state is KeyState.NEXT:
        return "Rotate the keys, then send the certificate of the new next key to the applications."
    return "Cut over the applications that it signs for (idp keys applications), then rotate the keys."


def _print_summary(key_pins: KeyPins) -> None:
    counts = {state: sum(pin.state is state for pin in key_pins.pins) for state in KeyState}
    echo(
        f"{_count_text(len(key_pins.pins))}: {counts[KeyState.NEXT]} on the next key, "
        f"{counts[KeyState.CURRENT]} on the current key, {counts[KeyState.PREVIOUS]} on the previous key."
    )
    remaining = [pin for pin in key_pins.pins if key_pins.remaining_step(pin) is RemainingStep.CUT_OVER]
    if not remaining:
        echo("No application has to be cut over.")
        return
    echo(f"{len(remaining)} to cut over. Print the certificate to send: idp keys certificate")
    if counts[KeyState.PREVIOUS]:
        echo("The keys cannot be rotated while an application uses the previous key.")


def _remaining_step_text(key_pins: KeyPins, pin: Pin) -> str:
    suspended = "  (suspended)" if pin.is_suspended else ""
    match key_pins.remaining_step(pin):
        case RemainingStep.NOTHING:
            return f"nothing remains to be done{suspended}"
        case RemainingStep.AUTOMATIC:
            update_at = key_pins.in_every_copy_from(pin, KeyState.NEXT)
            return f"reads our metadata; moved automatically from {update_at:%Y-%m-%d}{suspended}"
        case RemainingStep.CUT_OVER:
            return f"when it has the certificate: idp keys cut-over {pin.name}{suspended}"


def _pin_as_json(key_pins: KeyPins, pin: Pin) -> dict[str, object]:
    return {
        "name": pin.name,
        "identifier": pin.identifier,
        "kid": pin.kid,
        "state": pin.state,
        "since": pin.since.isoformat(),
        "automatic_key_update": pin.follows,
        "is_suspended": pin.is_suspended,
        "remaining_step": key_pins.remaining_step(pin),
    }


def _count_text(number: int) -> str:
    return f"{number} SAML application" + ("" if number == 1 else "s")
