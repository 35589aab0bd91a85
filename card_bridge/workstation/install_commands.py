"""`card-bridge install` and `uninstall`: whether the bridge starts with the session of the person."""

import click

from card_bridge.workstation.command_options import NO_SITE, load_settings
from card_bridge.workstation.output import EXIT_CODES, ExitCode, echo, stop


@click.command(epilog=EXIT_CODES)
@click.option("--now", is_flag=True, help="Start the bridge at once too, where systemd manages the session.")
def install(*, now: bool) -> None:
    """Start the bridge with every session of this user. A systemd user unit and an XDG autostart entry do so."""
    from card_bridge.workstation.install import UNIT, installed_command, tell_systemd
    from card_bridge.workstation.install import install as install_files

    try:
        for file in install_files(installed_command()):
            echo(f"Written: {file}")
    except (OSError, ValueError) as wrong:
        stop(ExitCode.REFUSED, "not_installed", f"Not installed: {wrong}")
    if not load_settings(None).origins:
        echo(NO_SITE, err=True)
    if tell_systemd(*(("restart", UNIT) if now else ())):
        echo("The bridge is running." if now else "The bridge starts with the next session.")
    else:
        echo("systemd does not manage this session: the bridge starts with the next one.")


@click.command(epilog=EXIT_CODES)
def uninstall() -> None:
    """Undo `install`. Settings and confirmed sites stay."""
    from card_bridge.workstation.install import UNIT, tell_systemd
    from card_bridge.workstation.install import uninstall as uninstall_files

    tell_systemd("stop", UNIT)
    removed = uninstall_files()
    for file in removed:
        echo(f"Removed: {file}")
    tell_systemd()
    if not removed:
        stop(ExitCode.NOT_FOUND, "not_installed", "There was nothing to remove.")
