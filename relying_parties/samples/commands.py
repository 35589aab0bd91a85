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
from relying_parties.samples.serving import end_with_parent
from relying_parties.samples.serving import serve as serve_application

A_FILE = click.Path(path_type=Path, dir_okay=False)
A_FOLDER = click.Path(path_type=Path, file_okay=False)


def options_of_an_application(command: Callable[..., None]) -> Callable[..., None]:
    """What says which application it is; both commands take all of it."""
    for option in reversed(
        [
            click.option("--config", type=A_FILE, help="A TOML file of the options below, underscores for hyphens."),
            click.option("--name", help="The application's short name."),
            click.option("--full-name", help="Its full name."),
            click.option("--protocol", type=click.Choice(list(PROTOCOLS)), help="What it speaks; oidc unless given."),
            click.option("--issuer", help="OpenID Connect: the identity provider's address."),
            click.option("--client-id", help="OpenID Connect: what the identity provider knows this application by."),
            click.option("--client-secret-file", type=A_FILE, help="The file that holds the secret it gave."),
            click.option(
                "--client-authentication", type=click.Choice(CLIENT_AUTHENTICATIONS), help="How the secret is shown."
            ),
            click.option("--scope", help="OpenID Connect: what is asked for."),
            click.option("--metadata-url", help="SAML: where the identity provider publishes its metadata."),
            click.option(
                "--metadata-fingerprint",
                help="SAML: the SHA-256 of the certificate that signs it; may be left out on this very machine.",
            ),
            click.option("--key-folder", type=A_FOLDER, help="SAML: where our key is; it is made when there is none."),
            click.option("--host", help="The address to listen on."),
            click.option("--port", type=int, help="The port to listen on."),
            click.option("--address", help="What browsers see, when it is not http://HOST:PORT."),
            click.option("--colour", help="The application's colour, #rrggbb."),
            click.option("--logo", type=A_FILE, help="Its logo, an SVG file."),
            click.option(
                "--other",
                "others",
                nargs=2,
                multiple=True,
                metavar="NAME URL",
                callback=lambda _context, _option, pairs: pairs or None,
                help="Another application to link to: its name with its article, and its address; may be repeated.",
            ),
        ]
    ):
        command = option(command)
    return command


@click.group(context_settings={"auto_envvar_prefix": "SAMPLE_RP", "help_option_names": ["-h", "--help"]})
def main() -> None:
    """Sample applications that log people in with OpenID Connect or SAML.

    Each option may be given as a variable instead: SAMPLE_RP_SERVE_PORT for `serve --port`.
    """


@main.command()
@options_of_an_application
def serve(config: Path | None, **given: Any) -> None:
    """Serve one sample application until stopped, or until its parent process ends."""
    os.umask(0o077)
    configuration = _configuration(config, given)
    end_with_parent()
    from relying_parties.samples.app import create_app  # `--help` need not wait for Authlib

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    # Werkzeug writes each request's address, and the return from a login carries the code.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    try:
        app = create_app(configuration)
    except (OSError, ValueError) as wrong:
        _stop(f"key_folder: {wrong}")
    if isinstance(configuration, SamlConfiguration):
        from relying_parties.samples.saml.views import get_ready

        Thread(target=get_ready, args=(app,), name="read-metadata", daemon=True).start()
    where = f"{configuration.name}: {configuration.address} (identity provider: {configuration.provider_address})"
    try:
        serve_application(app, host=configuration.host, port=configuration.port, listening=lambda: click.echo(where))
    except OSError as wrong:
        _stop(f"cannot listen on {configuration.host}:{configuration.port}: {wrong.strerror}")


@main.command()
@options_of_an_application
def metadata(config: Path | None, **given: Any) -> None:
    """Write the SAML metadata of one sample application, to register it with; its key is made when there is none."""
    configuration = _configuration(config, given)
    if not isinstance(configuration, SamlConfiguration):
        _stop("only an application that speaks saml has metadata")
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


def _stop(*problems: str) -> NoReturn:
    for problem in problems:
        click.echo(problem, err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
