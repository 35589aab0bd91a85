"""What the commands of the registry work with: the registry itself, and the file a secret goes to."""

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
    """What an application is given of each person, by name, and what its metadata ask for in vain.

    `index` is that of the AttributeConsumingService, where there are several.
    """

    attributes: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    unregistered: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationService:
    """Where applications are registered: the registry, what can be given, our address, and who fetches metadata.

    `given` tells what a SAML application is given: once, or for each of the choices that it has in its requests.
    """

    registry: Registry
    capabilities: Capabilities
    issuer: str
    metadata_fetcher: MetadataFetcher | None = None
    given: Callable[[Application], tuple[ReleaseReport, ...]] = lambda _: ()


class SecretFile:
    """The file that a secret is written to instead of being shown, or no file.

    It is made before anything is registered, so that a folder that cannot be
    written costs no secret, and takes its name only once it holds one: an older
    secret is replaced whole or not at all.
    """

    def __init__(self, path: Path | None, prepared: Path | None) -> None:
        self.path = path
        self._prepared = prepared

    @classmethod
    @contextmanager
    def next_to(cls, path: Path | None) -> Iterator["SecretFile"]:
        """Ready to keep a secret at `path`; what was prepared and not needed is taken away.

        Raises:
            RegistrationProblems: nothing can be written there.
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
        """The secret where it is to be shown: not when a file holds it."""
        return None if self.path is not None else secret
