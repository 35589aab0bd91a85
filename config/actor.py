"""The actor that the audit trail names: a user of the command line, an operator, or a part of the service.

Commands, pages and background jobs pass an `Actor` with each call; no service keeps one.
"""

import os
import pwd
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

_SYSTEM_USER_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}\$?")


class ActorKind(StrEnum):
    """The kind of an actor; the value is its prefix in the audit trail."""

    COMMAND_LINE = "cli"
    OPERATOR = "operator"
    SERVICE = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a part of the service whose action the audit trail records."""

    kind: ActorKind
    name: str

    def __str__(self) -> str:
        """The actor as written in the audit trail: `cli:root`, `operator:jdupont`, `metadata`."""
        return f"{self.kind}:{self.name}" if self.kind else self.name

    @classmethod
    def command_line(cls, environment: Mapping[str, str] | None = None) -> Self:
        """The system user who runs this command: `cli:root`, or `cli:jdupont as root` through sudo.

        sudo(8) names the person in SUDO_USER. A user can set that variable too, but not hide the account that
        the kernel reports, which is always written.
        """
        variables = os.environ if environment is None else environment
        user = _name_of(os.geteuid())
        person = variables.get("SUDO_USER", "")
        through_sudo = _SYSTEM_USER_NAME.fullmatch(person) and person != user
        return cls(ActorKind.COMMAND_LINE, f"{person} as {user}" if through_sudo else user)

    @classmethod
    def operator(cls, username: str) -> Self:
        """An operator, by the username of the account that used the page."""
        return cls(ActorKind.OPERATOR, username)

    @classmethod
    def service(cls, name: str) -> Self:
        """A part of the service that acts by itself, such as `metadata` or `first start`."""
        return cls(ActorKind.SERVICE, name)


def _name_of(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # a container may run under a number that has no name
        return str(number)
