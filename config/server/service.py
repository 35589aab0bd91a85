"""What the processes of a service must know of it: where its settings, its application and its commands are.

A place is written `module:name`, and imported by the process that needs it: the
supervisor runs for months and holds neither the application nor its libraries.
"""

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from config.common_settings import CommonSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProcesses:
    """The programs that the supervisor of one service starts."""

    settings: str
    """Its table of settings, `idp.settings:Settings`: each process reads them from the environment for itself."""

    journal_rules: str
    """What it adds to the rules of the journal, `idp.journal_rules:JOURNAL_RULES`."""

    application: str
    """What the web server serves, `idp.wsgi:application`: each worker makes its own."""

    preloaded: str
    """The module that may be imported before workers are forked, `idp.app`; empty for none."""

    jobs: tuple[str, ...]
    """The command that does the work outside requests, until SIGTERM."""

    migrate: tuple[str, ...]
    """The command that brings the tables up to date, and ends."""

    @classmethod
    def of(cls, package: str, settings: type[CommonSettings]) -> "ServiceProcesses":
        """Those of a service whose package has the modules `app`, `wsgi`, `commands` and `journal_rules`."""
        commands = (sys.executable, "-c", f"from {package}.commands import main; main()")
        return cls(
            settings=f"{settings.__module__}:{settings.__qualname__}",
            journal_rules=f"{package}.journal_rules:JOURNAL_RULES",
            application=f"{package}.wsgi:application",
            preloaded=f"{package}.app",
            jobs=(*commands, "jobs"),
            migrate=(*commands, "migrate"),
        )

    def web_server(self) -> tuple[str, ...]:
        """The command of the web server, without its descriptors."""
        preloaded = (f"--preload={self.preloaded}",) if self.preloaded else ()
        return (
            *(sys.executable, "-m", "config.server.web", self.application),
            *(f"--settings={self.settings}", f"--journal-rules={self.journal_rules}", *preloaded),
        )


def imported(place: str) -> Any:
    """What is at `place`, a `module:name`."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
