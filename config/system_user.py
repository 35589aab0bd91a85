"""Whom the audit trail names for what a command did: the system's user, and who became that user by sudo."""

import os
import pwd
import re
from collections.abc import Mapping

_A_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}\$?")


def command_line_actor(environment: Mapping[str, str] | None = None) -> str:
    """ "cli:root", or "cli:jdupont as root" for someone who used sudo.

    sudo says who they are in SUDO_USER (sudo(8)); a user who sets it themselves names somebody else only beside
    the account they really have, which the kernel says.
    """
    given = os.environ if environment is None else environment
    user = _name_of(os.geteuid())
    person = given.get("SUDO_USER", "")
    return f"cli:{person} as {user}" if _A_NAME.fullmatch(person) and person != user else f"cli:{user}"


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a container may run under a number that has no name
        return str(number)
