"""Debian's mod_auth_mellon, which is Lasso under Apache, configured as docs/connect-an-application.md says."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.interop.apache import a_folder, an_apache
from tests.interop.key_pairs import make_key_pair
from tests.interop.recipes import definitions, recipe
from tests.interop.service_providers import RunningServiceProvider, TrustedIdentityProvider
from tests.ports import free_port

MODULES = {"auth_mellon_module": "mod_auth_mellon.so"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mellon:
    """One application."""

    folder: Path
    url: str
    application: RunningServiceProvider


@contextmanager
def a_mellon(trusted: TrustedIdentityProvider) -> Iterator[Mellon]:
    """It knows one identity provider and, as yet, is known to nobody."""
    with a_folder("mellon") as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        make_key_pair(folder, "signs")
        (folder / "identity-provider.xml").write_bytes(trusted.metadata)
        directives = definitions(HOME_URL=url, FOLDER=folder)
        directives += f'MellonLockFile "{folder}/mellon.lock"\n'  # Debian's is root's
        directives += recipe("mod_auth_mellon.conf")
        with an_apache(folder, port=port, modules=MODULES, directives=directives):
            yield Mellon(
                folder=folder,
                url=url,
                application=RunningServiceProvider(
                    identifier="mellon",
                    metadata_url=f"{url}/mellon/metadata",
                    protected=f"{url}/protected",
                    logout=f"{url}/mellon/logout?ReturnTo={url}/",
                ),
            )
