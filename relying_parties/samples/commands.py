"""The `sample-rp` command."""

import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

import click

from relying_parties.samples.configuration import (
    CLIENT_AUTHENTICATIONS,
    PROTOCOLS,
    Configuration,
    ConfigurationError,
    SamlConfiguration,
    read_configuration,
)
from relying_parties.samples.printable import PrintableFormatter, PrintableGroup, printable
from relying_parties.samples.serving import end_with_parent
from relying_parties.samples.serving import serve as serve_application

A_FILE = click.Path(path_type=Path, dir_okay=False)
A_FOLDER = click.Path(path_type=Path, file_okay=False)


def application_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that describe the application; both commands have all of them."""
    for option in reversed(
        [
            click.option("--config", type=A_FILE, help="A TOML file of the options below, with _ instead of -."),
            click.option("--name", help="The application's short name."),
            click.option("--full-name", help="The application's full name."),
            click.option("--protocol", type=click.Choice(list(PROTOCOLS)), help="The protocol; oidc by default."),
            click.option("--issuer", help="OpenID Connect: the issuer, which is the identity provider's address."),
            click.option("--client-id", help="OpenID Connect: the client_id of this application."),
            click.option("--client-secret-file", type=A_FILE, help="OpenID Connect: a file with the client secret."),
            click.option(
                "--client-authentication",
                type=click.Choice(CLIENT_AUTHENTICATIONS),
                help="OpenID Connect: the authentication method at the token endpoint.",
            ),
            click.option("--scope", help="OpenID Connect: the scopes to request."),
            click.option("--metadata-url", help="SAML: the address of the identity provider's metadata."),
            click.option(
                "--metadata-fingerprint",
                help="SAML: the SHA-256 fingerprint of the certificate that signs the metadata. "
                "Required unless the metadata is on this machine.",
            ),
            click.option(
                "--key-folder", type=A_FOLDER, help="SAML: the folder of our private key, which is made if missing."
            ),
            click.option("--host", help="The address to listen on."),
            click.option("--port", type=int, help="The port to listen on."),
            click.option("--address", help="The address for browsers, when it is not http://HOST:PORT."),
            click.option("--colour", help="The application's colour, #rrggbb."),
            click.option("--logo", type=A_FILE, help="The application's logo, an SVG file."),
            click.option(
                "--other",
                "others",
                nargs=2,
                multiple=True,
                metavar="NAME URL",
                callback=lambda _context, _option, pairs: pairs or None,
                help="Another application to link to: its name with its article, and its address. May be repeated.",
            ),
        ]
    ):
        command = option(command)
    return command


@click.group(
    cls=PrintableGroup, context_settings={"auto_envvar_prefix": "SAMPLE_RP", "help_option_names": ["-h", "--help"]}
)
def main() -> None:
    """Sample applications that log people in with OpenID Connect or SAML.

    An environment variable can replace each option, such as SAMPLE_RP_SERVE_PORT for `serve --port`.
    """


@main.command()
@application_options
def serve(config: Path | None, **given: Any) -> None:
    """Serve one sample application until stopped, or until its parent process ends."""
    os.umask(0o077)
    configuration = _configuration(config, given)
    end_with_parent()
    from relying_parties.samples.app import create_app  # importing Authlib would slow down `--help`

    _log_to_standard_error()
    # Werkzeug logs the address of each request, and the return from a login has the code in it.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    try:
        app = create_app(configuration)
    except (OSError, ValueError) as wrong:
        _stop(f"key_folder: {wrong}")
    if isinstance(configuration, SamlConfiguration):
        from relying_parties.samples.saml.views import fetch_metadata

        Thread(target=fetch_metadata, args=(app,), name="fetch-metadata", daemon=True).start()
    where = f"{configuration.name}: {configuration.address} (identity provider: {configuration.provider_address})"
    try:
        serve_application(
            app, host=configuration.host, port=configuration.port, listening=lambda: click.echo(printable(where))
        )
    except OSError as wrong:
        _stop(f"cannot listen on {configuration.host}:{configuration.port}: {wrong.strerror}")


@main.command()
@application_options
def metadata(config: Path | None, **given: Any) -> None:
    """Print the SAML metadata of one sample application, to register it. Its key is made if it is missing."""
    configuration = _configuration(config, given)
    if not isinstance(configuration, SamlConfiguration):
        _stop("only an application with protocol saml has metadata")
    from relying_parties.samples.saml.keys import key_pair_in
    from relying_parties.samples.saml.service_provider import metadata_of

    try:
        click.echo(metadata_of(configuration, key_pair_in(configuration.key_folder)))
    except (OSError, ValueError) as wrong:
        _stop(f"key_folder: {wrong}")


def _configuration(config: Path | None, given: Mapping[str, Any]) -> Configuration:
    try:
        return read_configuration(config, given)
    except ConfigurationError as wrong:
        _stop(*wrong.problems)


def _log_to_standard_error() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(PrintableFormatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _stop(*problems: str) -> NoReturn:
    for problem in problems:
        click.echo(printable(problem), err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
