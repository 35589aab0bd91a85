"""Debian's Shibboleth service provider: shibd and Apache's mod_shib, with four applications (shibboleth/)."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from xml.sax.saxutils import quoteattr

from tests.interop.apache import a_folder, an_apache, running
from tests.interop.key_pairs import make_key_pair
from tests.interop.service_providers import RunningServiceProvider, TrustedIdentityProvider
from tests.ports import free_port

CONFIGURATION = Path(__file__).parent / "shibboleth"
NEEDED = Path("/usr/sbin/shibd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shibboleth:
    """Four applications of one installation."""

    folder: Path
    url: str
    strict: RunningServiceProvider
    plain: RunningServiceProvider
    fetched: RunningServiceProvider
    posts: RunningServiceProvider


@contextmanager
def a_shibboleth(
    trusted: TrustedIdentityProvider, *, registered_by: Callable[[Shibboleth], None]
) -> Iterator[Shibboleth]:
    """It knows one identity provider, which knows it too since `registered_by`.

    shibd is started twice: what is registered may add a key to the identity provider's metadata, which it
    would not read again for some time.
    """
    assert NEEDED.exists(), f"{NEEDED} is missing: `make debian` installs it"
    with a_folder("shibboleth") as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        for name in ("signs", "reads"):
            make_key_pair(folder, name)
        trusted_certificate = folder / "identity-provider.crt"
        trusted_certificate.write_text(trusted.certificate, encoding="utf-8")
        shutil.copy(CONFIGURATION / "attribute-map.xml", folder)
        for name in ("shibd", "native"):
            _filled_in("logger", folder / f"{name}.logger", log=folder / f"{name}.log")
        _filled_in(
            "shibboleth2.xml",
            folder / "shibboleth2.xml",
            folder=folder,
            url=url,
            identity_provider=trusted.entity_id,
            identity_provider_metadata=trusted.metadata_url,
        )
        directives = Template((CONFIGURATION / "apache.conf").read_text()).substitute(folder=folder)
        shibd = ["shibd", "-F", "-f", "-c", folder / "shibboleth2.xml", "-p", folder / "shibd.pid"]
        shibboleth = Shibboleth(
            folder=folder,
            url=url,
            strict=_application(url, "strict"),
            plain=_application(url, "plain"),
            fetched=_application(url, "fetched"),
            posts=_application(url, "posts"),
        )
        with an_apache(folder, port=port, modules={"mod_shib": "mod_shib.so"}, directives=directives):
            with running(shibd, folder, log="shibd-first.out", ready=folder / "shibd.sock"):
                registered_by(shibboleth)
            (folder / "shibd.sock").unlink(missing_ok=True)
            with running(shibd, folder, log="shibd.out", ready=folder / "shibd.sock"):
                yield shibboleth


def _application(url: str, name: str) -> RunningServiceProvider:
    return RunningServiceProvider(
        identifier=f"shibboleth-{name}",
        metadata_url=f"{url}/{name}/Shibboleth.sso/Metadata",
        protected=f"{url}/{name}/protected",
        logout=f"{url}/{name}/Shibboleth.sso/Logout",
    )


def _filled_in(template: str, file: Path, **values: object) -> None:
    """The configuration's file `template` with these values, as `file`."""
    text = (CONFIGURATION / template).read_text(encoding="utf-8")
    if file.suffix == ".xml":
        values = {name: quoteattr(str(value))[1:-1] for name, value in values.items()}
    file.write_text(Template(text).substitute(values), encoding="utf-8")
