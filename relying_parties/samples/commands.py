"""The `sample-rp` command."""

import logging
import sys
from pathlib import Path
from typing import Any

import click

from relying_parties.samples.configuration import CLIENT_AUTHENTICATIONS, ConfigurationError, read_configuration
from relying_parties.samples.serving import end_with_parent
from relying_parties.samples.serving import serve as serve_application

A_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(context_settings={"auto_envvar_prefix": "SAMPLE_RP", "help_option_names": ["-h", "--help"]})
def main() -> None:
    """Sample applications that log people in with OpenID Connect.

    Each option may be given as a variable instead: SAMPLE_RP_SERVE_PORT for `serve --port`.
    """


@main.command()
@click.option("--config", type=A_FILE, help="A TOML file of the options below, underscores for hyphens.")
@click.option("--name", help="The application's short name.")
@click.option("--full-name", help="Its full name.")
@click.option("--issuer", help="The identity provider's address.")
@click.option("--client-id", help="What the identity provider knows this application by.")
@click.option("--client-secret-file", type=A_FILE, help="The file that holds the secret it gave.")
@click.option("--client-authentication", type=click.Choice(CLIENT_AUTHENTICATIONS), help="How the secret is shown.")
@click.option("--scope", help="What is asked for.")
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on.")
@click.option("--address", help="What browsers see, when it is not http://HOST:PORT.")
@click.option("--colour", help="The application's colour, #rrggbb.")
@click.option("--logo", type=A_FILE, help="Its logo, an SVG file.")
@click.option("--other-name", help="Another application to link to, with its article.")
@click.option("--other-url", help="The address of that link.")
def serve(config: Path | None, **given: Any) -> None:
    """Serve one sample application until stopped, or until its parent process ends."""
    try:
        configuration = read_configuration(config, given)
    except ConfigurationError as wrong:
        for problem in wrong.problems:
            click.echo(problem, err=True)
        sys.exit(1)

    end_with_parent()
    from relying_parties.samples.app import create_app  # `--help` need not wait for Authlib

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    # Werkzeug writes each request's address, and the return from a login carries the code.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app = create_app(configuration)
    where = f"{configuration.name}: {configuration.address} (identity provider: {configuration.issuer})"
    try:
        serve_application(app, host=configuration.host, port=configuration.port, listening=lambda: click.echo(where))
    except OSError as wrong:
        click.echo(f"cannot listen on {configuration.host}:{configuration.port}: {wrong.strerror}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
