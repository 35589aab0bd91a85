"""Professional cards in the demonstration: virtual ones, and the bridge that lets the login page use them.

The bridge is a program of the workstation. It has a folder and a port of its own here, so that a bridge that already
runs on this computer, with a real reader, is left alone.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from card_bridge.workstation.virtual.kit import Kit
from card_bridge.workstation.virtual.personas import DOCTOR

KIT_AFTER, BRIDGE_AFTER = 16, 17  # their ports minus that of the identity provider
_AUTHORITY_BITS = 2048  # of the authority's keys: they are made in an instant

READER_PACKAGES = "pcscd, libpcsclite-dev and gcc"
"""The Debian packages of the path through a smart card service; `make reader` then compiles pyscard."""

BRIDGE_READY_HEADERS = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
"""The bridge answers a browser that opens one of its pages, and refuses programs that are none."""


def kit_folder(folder: Path) -> Path:
    return folder / "cards"


def list_personas(folder: Path) -> list[str]:
    """The command that lists the virtual cards, and says which is in the reader."""
    return [*_COMMAND, "personas", "list", "--folder", str(kit_folder(folder))]


def kit_address(first_port: int) -> str:
    """The address of the authority, and of the page that inserts and pulls cards."""
    return f"http://127.0.0.1:{first_port + KIT_AFTER}"


def bridge_address(first_port: int) -> str:
    return f"http://127.0.0.1:{first_port + BRIDGE_AFTER}"


def prepare(folder: Path, *, first_port: int) -> str:
    """Make the virtual kit, and return the lines about cards of the identity provider's settings.

    The physician's card is in the reader at first. A later start finds the reader as it was left.
    """
    is_new = not kit_folder(folder).exists()
    kit = Kit.make(kit_folder(folder), address=kit_address(first_port), authority_bits=_AUTHORITY_BITS)
    if is_new:
        kit.insert(DOCTOR)
    return f"""\
{bridge_lines(first_port)}\
card_environment = "test"
card_trust_folder = {_text(kit.write_authorities().resolve())}
card_revocation_lists = {json.dumps(kit.authority.revocation_addresses)}
card_ocsp_address = "{kit.authority.responder_address}"
"""


def bridge_lines(first_port: int) -> str:
    """The lines of the settings of a service whose pages have a card read."""
    return f"card_offered = true\ncard_bridge_ports = [{first_port + BRIDGE_AFTER}]\n"


def serve_kit(folder: Path, *, first_port: int) -> list[str]:
    """The command that serves the authority and the page of the cards."""
    return [*_COMMAND, "personas", "serve", "--folder", str(kit_folder(folder)), "--port", str(first_port + KIT_AFTER)]


def serve_bridge(folder: Path, *, origins: Sequence[str], first_port: int) -> list[str]:
    """Write the settings file of the bridge, and return the command that starts it with them.

    Args:
        origins: of the services whose pages have a card read.
    """
    settings = folder / "card-bridge.toml"
    settings.write_text(
        f"""\
# The settings of the card bridge in the demonstration. Each start overwrites this file.
origins = {json.dumps(list(origins))}
ports = [{first_port + BRIDGE_AFTER}]
development = true
""",
        encoding="utf-8",
    )
    settings.chmod(0o600)
    return [*_COMMAND, "serve", "--settings", str(settings)]


def bridge_environment(folder: Path, *, real_reader: bool = False) -> Mapping[str, str]:
    """The environment in which the bridge keeps its files apart from the user's, and finds the virtual card."""
    own = kit_folder(folder).resolve()
    environment = {
        "XDG_RUNTIME_DIR": str(own / "run"),
        "XDG_STATE_HOME": str(own / "state"),
        "CARD_BRIDGE_VIRTUAL": "" if real_reader else str(own),
    }
    display, runtime = os.environ.get("WAYLAND_DISPLAY", ""), os.environ.get("XDG_RUNTIME_DIR", "")
    if display and runtime and not display.startswith("/"):
        environment["WAYLAND_DISPLAY"] = f"{runtime}/{display}"  # it is named within the folder that was replaced
    return environment


def _text(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)


_COMMAND = (sys.executable, "-m", "card_bridge.workstation")
