"""Starts the bridge with the session of the person: a systemd user unit, and an XDG autostart entry.

A session that systemd manages starts the unit (systemd.special(7), graphical-session.target); any other desktop reads
the entry (Desktop Application Autostart Specification). Whichever comes second finds the bridge running and ends.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from card_bridge.workstation.files import NAME, config_folder

UNIT: Final = f"{NAME}.service"
_TARGET: Final = "graphical-session.target"

_SERVICE: Final = """\
[Unit]
Description=Card bridge: the professional card of this workstation for allowed web sites
PartOf={target}
After={target}
StartLimitIntervalSec=120
StartLimitBurst=5

[Service]
ExecStart={command} serve --if-not-running
Restart=on-failure
RestartSec=5
LimitCORE=0
NoNewPrivileges=yes
UMask=0077

[Install]
WantedBy={target}
"""

_ENTRY: Final = """\
[Desktop Entry]
Type=Application
Name=Card bridge
Name[fr]=Carte CPS
Comment=The professional card of this workstation for allowed web sites
Comment[fr]=La carte professionnelle de ce poste pour les sites autorisés
Exec={command} serve --if-not-running
Terminal=false
NoDisplay=true
X-systemd-skip=true
"""


def install(command: Path) -> list[Path]:
    """Write the files, and enable the unit from the next session on. What is there is replaced.

    Args:
        command: the path of the `card-bridge` program.

    Returns:
        The files that were written.

    Raises:
        OSError: one cannot be written.
        ValueError: the path of the program has a character that neither file can name.
    """
    quoted = _quoted(command)
    unit, wanted, entry = _places()
    written = {
        unit: _SERVICE.format(command=quoted, target=_TARGET),
        entry: _ENTRY.format(command=quoted),
    }
    for file, text in written.items():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    wanted.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted.unlink(missing_ok=True)
    wanted.symlink_to(unit)
    return [*written, wanted]


def uninstall() -> list[Path]:
    """Remove the files; return those that were there."""
    removed = [file for file in _places() if file.is_symlink() or file.exists()]
    for file in removed:
        file.unlink()
    return removed


def tell_systemd(*action: str) -> bool:
    """Have the person's systemd read the units again and do `action`; False where no systemd answers."""
    program = shutil.which("systemctl")
    if program is None:
        return False
    commands: list[Sequence[str]] = [("daemon-reload",), *([action] if action else [])]
    return all(
        subprocess.run([program, "--user", *words], capture_output=True, check=False).returncode == 0
        for words in commands
    )


def installed_command() -> Path:
    """The `card-bridge` program that runs now."""
    found = shutil.which(sys.argv[0]) or shutil.which("card-bridge")
    return Path(found or sys.argv[0]).resolve()


def _places() -> tuple[Path, Path, Path]:
    units = config_folder() / "systemd" / "user"
    return units / UNIT, units / f"{_TARGET}.wants" / UNIT, config_folder() / "autostart" / f"{NAME}.desktop"


def _quoted(command: Path) -> str:
    """The path as both formats take it: in quotation marks, without the characters that one of them expands."""
    text = str(command)
    if not text.isprintable() or set(text) & set('"$%\\`'):
        raise ValueError(f"{text!a}: the path of the program must not have quotation marks, $, % or backslashes")
    return f'"{text}"'
