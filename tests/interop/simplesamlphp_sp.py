"""Debian's SimpleSAMLphp under Apache's PHP module, with two service providers (simplesamlphp/)."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from tests.interop.apache import MODULES, a_folder, an_apache
from tests.interop.key_pairs import make_key_pair
from tests.interop.service_providers import RunningServiceProvider, TrustedIdentityProvider
from tests.ports import free_port

CONFIGURATION = Path(__file__).parent / "simplesamlphp"
NEEDED = Path("/usr/share/simplesamlphp/lib/_autoload.php")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleSamlPhp:
    """Two service providers of one installation."""

    folder: Path
    url: str
    strict: RunningServiceProvider
    artifacts: RunningServiceProvider


@contextmanager
def a_simplesamlphp(trusted: TrustedIdentityProvider) -> Iterator[SimpleSamlPhp]:
    """It knows one identity provider and, as yet, is known to nobody."""
    php = next(MODULES.glob("libphp*.so"), None)
    assert NEEDED.exists(), f"{NEEDED} is missing: `make debian` installs it"
    assert php, f"{MODULES} lacks PHP's module: `make debian` installs it"
    with a_folder("simplesamlphp") as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        make_key_pair(folder, "signs")
        (folder / "salt").write_text(secrets.token_hex(32), encoding="ascii")
        (folder / "identity-provider.xml").write_bytes(trusted.metadata)
        for name in ("tmp", "www", "sessions"):
            (folder / name).mkdir()
        for name in ("config.php", "authsources.php"):
            shutil.copy(CONFIGURATION / name, folder)
        for name in ("application.php", "logged-out.php"):
            shutil.copy(CONFIGURATION / name, folder / "www")
        directives = Template((CONFIGURATION / "apache.conf").read_text(encoding="utf-8"))
        filled_in = directives.substitute(folder=folder, url=url, identity_provider=trusted.entity_id)
        with an_apache(folder, port=port, modules={"php_module": php.name}, directives=filled_in):
            yield SimpleSamlPhp(
                folder=folder,
                url=url,
                strict=_service_provider(url, "strict"),
                artifacts=_service_provider(url, "artifacts"),
            )


def _service_provider(url: str, name: str) -> RunningServiceProvider:
    return RunningServiceProvider(
        identifier=f"simplesamlphp-{name}",
        metadata_url=f"{url}/simplesamlphp/module.php/saml/sp/metadata.php/{name}",
        protected=f"{url}/application.php/{name}",
        logout=f"{url}/application.php/{name}?logout=1",
    )
