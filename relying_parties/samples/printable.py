"""Escapes text for a terminal, which obeys control characters and hides others; messages repeat what strangers sent."""

import logging
from typing import Any

import click


def printable(text: str) -> str:
    """`text` on one line, with each unprintable character escaped as in a Python literal: `\\x1b`, `\\u202e`."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


class PrintableFormatter(logging.Formatter):
    """Escapes log messages, and each line of a traceback."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        return printable(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return "\n".join(map(printable, super().formatException(ei).split("\n")))


class PrintableGroup(click.Group):
    """Escapes click's own errors, which repeat what was typed."""

    def main(self, *arguments: Any, **named: Any) -> Any:
        try:
            return super().main(*arguments, **{**named, "standalone_mode": False})
        except click.ClickException as wrong:
            click.echo(f"Error: {printable(wrong.format_message())}", err=True)
            raise SystemExit(wrong.exit_code) from None
        except click.Abort:
            raise SystemExit(1) from None
