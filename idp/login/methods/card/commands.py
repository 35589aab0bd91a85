"""The command `idp card-listener`, the process of the TLS door."""

from typing import Protocol

import click

from card_bridge.verification.hand_offs import HandOffs
from config import logging_setup
from config.commands import ExitCode, echo
from config.redis.store import Store
from config.server.listening import CannotListen, listen_on_unix_socket
from idp.journal_rules import JOURNAL_RULES
from idp.login.methods.card.tls_listener import tls_listener
from idp.settings import Settings

THREADS, CONNECTIONS = 4, 256


class ListenerServices(Protocol):
    """The part of `idp.container.services.Services` that this command uses."""

    @property
    def store(self) -> Store: ...


class ProvidesListenerServices(Protocol):
    """The `obj` that the `idp` command passes to click."""

    @property
    def services(self) -> ListenerServices: ...

    @property
    def settings(self) -> Settings: ...


@click.command()
@click.pass_obj
def card_listener(installation: ProvidesListenerServices) -> None:
    """Receive the certificates of cards from the proxy, on the Unix socket `card_tls_socket`.

    It runs beside `serve`, and needs the settings `card_offered` and `card_tls_domain`. Only the proxy may open the
    socket: a process that opens it can present any certificate.

    \b
    Exit codes: 0 stopped by a signal, 1 the settings do not offer this door, or the socket cannot be used
    """
    from config.server.granian_worker import run

    settings = installation.settings
    if not settings.card_offered or not settings.card_tls_domain:
        echo("The settings card_offered and card_tls_domain do not offer this door.", err=True)
        raise SystemExit(ExitCode.REFUSED)
    try:
        listening = listen_on_unix_socket(settings.card_tls_socket)
    except CannotListen as refused:
        echo(str(refused), err=True)
        raise SystemExit(ExitCode.REFUSED) from None
    logging_setup.configure(settings, JOURNAL_RULES)
    application = tls_listener(
        HandOffs(installation.services.store), issuer=settings.origin, domain=settings.card_tls_domain
    )
    run(application, listening, threads=THREADS, connections=CONNECTIONS, ready=lambda: None)
