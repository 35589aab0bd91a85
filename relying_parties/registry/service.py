"""The objects that the commands `idp application` use: the registration service, and the file of a new secret."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relying_parties.policy import Capabilities
from relying_parties.problems import Problem, RegistrationProblems, shown
from relying_parties.registration.verified_metadata import MetadataFetcher
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseReport:
    """The attributes that a SAML application receives, and why it does not receive others.

    `attributes` are released for each person. `unknown` are requested by the metadata and not known here,
    `unregistered` are requested and not in the registration, `unasked` are in the registration and not requested.
    `index` is the AttributeConsumingService's, when the metadata has several.
    """

    attributes: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    unregistered: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationService:
    """The registry, with what a registration needs besides.

    `release_report` returns the report of a SAML application: one for each AttributeConsumingService, at least one.
    """

    registry: Registry
    capabilities: Capabilities
    issuer: str
    metadata_fetcher: MetadataFetcher | None = None
    release_report: Callable[[Application], tuple[ReleaseReport, ...]] = lambda _: ()


class SecretFile:
    """The file that a new secret is written to; without a path, the secret is shown instead.

    A temporary file is made before anything is registered, so that a folder without
    write access is reported first. It replaces an older secret atomically.
    """

    def __init__(self, path: Path | None, prepared: Path | None) -> None:
        self.path = path
        self._prepared = prepared

    @classmethod
    @contextmanager
    def next_to(cls, path: Path | None) -> Iterator["SecretFile"]:
        """Prepare to write a secret to `path`; the temporary file is removed if no secret comes.

        Raises:
            RegistrationProblems: the folder of `path` cannot be written.
        """
        if path is None:
            yield cls(None, None)
            return
        try:
            descriptor, prepared = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
            os.close(descriptor)
        except OSError as wrong:
            reason = os.strerror(wrong.errno or 0)
            problem = Problem(field="--secret-file", received=shown(str(path)), change=f"cannot be written: {reason}")
            raise RegistrationProblems([problem]) from None
        try:
            yield cls(path, Path(prepared))
        finally:
            Path(prepared).unlink(missing_ok=True)

    def keep(self, secret: str | None) -> None:
        if secret is None or self.path is None or self._prepared is None:
            return
        with self._prepared.open("w", encoding="ascii") as file:
            file.write(f"{secret}\n")
            file.flush()
            os.fsync(file.fileno())
        self._prepared.replace(self.path)

    def shown(self, secret: str | None) -> str | None:
        """The secret if it is to be shown, None if the file has it."""
        return None if self.path is not None else secret
