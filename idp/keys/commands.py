"""`idp keys ...`: the keys that sign, where each stands, and the applications that a rollover has still to move."""

from datetime import UTC, datetime
from typing import Protocol

import click

from config.actor import Actor
from config.commands import ExitCode, echo, echo_lines, stop, write
from idp.keys.certificates import as_pem
from idp.keys.encryption_commands import make_encryption_key, rotate_encryption_key
from idp.keys.key_rotation import EXPIRY_WARNING_DAYS, SHORT_KID_LENGTH, CannotCutOver, KeyInUse, KeyRotation, NotRotated
from idp.keys.signing_keys import Algorithm, KeyDescription, KeyState, SigningKeys
from idp.keys.sp_key_pins import KeyPins, Pin, RemainingStep
from relying_parties.problems import NoSuchApplication


class KeyServices(Protocol):
    """The part of `idp.container.services.Services` that these commands use."""

    @property
    def keys(self) -> SigningKeys: ...

    @property
    def key_rotation(self) -> KeyRotation: ...


class ProvidesKeyServices(Protocol):
    """What the `idp` command gives as click's `obj`."""

    @property
    def services(self) -> KeyServices: ...


@click.group()
def keys() -> None:
    """The keys that sign: next, current and previous.

    \b
    A rollover of the certificate that SAML applications know us by:
      idp keys certificate          the next key's certificate, to send to them
      idp keys applications --left  who has still to be moved to it
      idp keys cut-over NAME        when NAME says that it has it
      idp keys rotate               when none is left
    """


keys.add_command(make_encryption_key)
keys.add_command(rotate_encryption_key)


@keys.command("list")
@click.option("--json", "in_json", is_flag=True, help="Answer in JSON.")
@click.pass_obj
def list_keys(installation: ProvidesKeyServices, *, in_json: bool) -> None:
    """Every key: its place, when its certificate ends, how many SAML applications it answers for."""
    services = installation.services
    _print_keys(services.keys.descriptions(), services.key_rotation.key_pins(), in_json=in_json)


@keys.command()
@click.option("--even-if-recent", is_flag=True, help="Even if the keys moved less than a day ago.")
@click.option(
    "--even-if-in-use",
    is_flag=True,
    help="Even if the previous key still answers for SAML applications: they are cut over now, ready or not.",
)
@click.option(
    "--stolen",
    is_flag=True,
    help="The current keys were stolen: they go at once, and SAML applications are cut over now, ready or not.",
)
@click.option("--json", "in_json", is_flag=True, help="Answer in JSON.")
@click.pass_obj
def rotate(installation: ProvidesKeyServices, *, even_if_recent: bool, even_if_in_use: bool, stolen: bool, in_json: bool) -> None:
    """The next keys sign from now on; the current ones still verify; new next ones are published.

    SAML applications go on being answered with the keys that they were.

    \b
    Exit codes: 0 rotated, 1 refused as too soon or still in use, 5 the database does not answer
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
        way_out = (
            "Cut each over when it is ready (idp keys applications --left), or --even-if-in-use."
            if isinstance(refused, KeyInUse)
            else "For a stolen key: --stolen."
        )
        stop(ExitCode.REFUSED, "not-rotated", f"Not rotated: {refused}. {way_out}")
    _print_keys(described, services.key_rotation.key_pins(), in_json=in_json)


@keys.command()
@click.option("--left", "only_remaining", is_flag=True, help="Only those that something is left to do for.")
@click.option("--json", "in_json", is_flag=True, help="Answer in JSON.")
@click.pass_obj
def applications(installation: ProvidesKeyServices, *, only_remaining: bool, in_json: bool) -> None:
    """Which key each SAML application is answered with, since when, and what is left to do for it."""
    key_pins = installation.services.key_rotation.key_pins()
    told = [pin for pin in key_pins.pins if not only_remaining or key_pins.remaining_step(pin) is not RemainingStep.NOTHING]
    if in_json:
        write([_pin_as_json(key_pins, pin) for pin in told])
        return
    width = max((len(pin.name) for pin in told), default=0)
    for pin in told:
        echo(
            f"{pin.name:<{width}}  {pin.state:<8}  {pin.kid[:SHORT_KID_LENGTH]}  since {pin.since:%Y-%m-%d}  "
            f"{_remaining_step_text(key_pins, pin)}"
        )
    _print_summary(key_pins)


@keys.command("cut-over")
@click.argument("name")
@click.option("--to", default="", metavar="KID", help="Another key than the next: its kid, or how that begins.")
@click.option("--json", "in_json", is_flag=True, help="Answer in JSON.")
@click.pass_obj
def cut_over(installation: ProvidesKeyServices, name: str, to: str, *, in_json: bool) -> None:
    """Answer the SAML application NAME with the next key, whose certificate it must have by now.

    \b
    Exit codes: 0 done (also when it was already), 1 refused, 3 no such application, 5 the database does not answer
    """
    try:
        moved = installation.services.key_rotation.cut_over(name, actor=Actor.command_line(), now=datetime.now(UTC), to=to)
    except NoSuchApplication as unknown:
        stop(ExitCode.NOT_FOUND, "no-such-application", str(unknown), in_json=in_json)
    except CannotCutOver as refused:
        stop(ExitCode.REFUSED, "no-such-key", str(refused), in_json=in_json)
    if in_json:
        write({"name": moved.name, "before": moved.before, "kid": moved.now, "state": moved.state})
        return
    if moved.before == moved.now:
        echo(f"{moved.name} is already answered with the {moved.state} key {moved.now[:SHORT_KID_LENGTH]}.")
        return
    echo(f"{moved.name} is answered with the {moved.state} key {moved.now[:SHORT_KID_LENGTH]} from now on.")
    back = moved.before[:SHORT_KID_LENGTH]
    echo(f"If it refuses our answers: idp keys cut-over {moved.name} --to {back}")


@keys.command()
@click.argument("kid", default="")
@click.pass_obj
def certificate(installation: ProvidesKeyServices, kid: str) -> None:
    """The certificate to send to an application, in PEM: the next RSA key's, or that of KID (how it begins is enough).

    \b
    Exit codes: 0 shown, 3 no such key, 5 the database does not answer
    """
    described = installation.services.keys.descriptions()
    found = [
        key
        for key in described
        if (key.kid.startswith(kid) if kid else (key.algorithm, key.state) == (Algorithm.RS256, KeyState.NEXT))
    ]
    if len(found) != 1:
        kids = ", ".join(key.kid[:SHORT_KID_LENGTH] for key in described)
        stop(ExitCode.NOT_FOUND, "no-such-key", f"Not one key, of {kids}.")
    echo_lines(as_pem(found[0].certificate))


def _print_keys(described: list[KeyDescription], key_pins: KeyPins, *, in_json: bool) -> None:
    now = datetime.now(UTC)
    answers_for = {key.kid: len(key_pins.pinned_to([key.kid])) for key in described}
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
                    "saml_applications": answers_for[key.kid],
                }
                for key in described
            ]
        )
        return
    for key in described:
        echo(
            f"{key.algorithm:<6} {key.state:<9} since {key.moved_at:%Y-%m-%d %H:%M} UTC  "
            f"certificate until {key.ends_at:%Y-%m-%d}  {_count_text(answers_for[key.kid]):<20}  {key.kid}"
        )
    for key in described:
        if (days := key.days_left(now)) <= EXPIRY_WARNING_DAYS[0]:
            ends = f"ends in {days} days" if days >= 0 else "has ended"
            echo(f"The certificate of the {key.state} {key.algorithm} key {ends}. {_remedy(key.state)}")


def _remedy(state: KeyState) -> str:
    if state is KeyState.NEXT:
        return "Rotate the keys, and send out the certificate of the next one that this makes."
    return "Cut over whom it answers for (idp keys applications), and rotate the keys."


def _print_summary(key_pins: KeyPins) -> None:
    on = {state: sum(pin.state is state for pin in key_pins.pins) for state in KeyState}
    echo(
        f"{_count_text(len(key_pins.pins))}: {on[KeyState.NEXT]} on the next key, {on[KeyState.CURRENT]} on the current one, "
        f"{on[KeyState.PREVIOUS]} on the previous one."
    )
    left = [pin for pin in key_pins.pins if key_pins.remaining_step(pin) is RemainingStep.CUT_OVER]
    if not left:
        echo("No application has to be cut over.")
        return
    echo(f"{len(left)} to cut over. The certificate to send: idp keys certificate")
    if on[KeyState.PREVIOUS]:
        echo("No rotation takes the previous key away until none is on it.")


def _remaining_step_text(key_pins: KeyPins, pin: Pin) -> str:
    suspended = "  (suspended)" if pin.is_suspended else ""
    match key_pins.remaining_step(pin):
        case RemainingStep.NOTHING:
            return f"nothing left to do{suspended}"
        case RemainingStep.AUTOMATIC:
            return (
                f"follows our metadata: moved by us from {key_pins.in_every_copy_from(pin, KeyState.NEXT):%Y-%m-%d}{suspended}"
            )
        case RemainingStep.CUT_OVER:
            return f"once it has the certificate: idp keys cut-over {pin.name}{suspended}"


def _pin_as_json(key_pins: KeyPins, pin: Pin) -> dict[str, object]:
    return {
        "name": pin.name,
        "identifier": pin.identifier,
        "kid": pin.kid,
        "state": pin.state,
        "since": pin.since.isoformat(),
        "follows_our_metadata": pin.follows,
        "is_suspended": pin.is_suspended,
        "left": key_pins.remaining_step(pin),
    }


def _count_text(number: int) -> str:
    return f"{number} SAML application" + ("" if number == 1 else "s")
