"""The options that the commands about accounts share: one for each attribute, and those of the password."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import partial
from typing import Any

import click

from config.command_options import Function
from idp.accounts.attribute_declaration import Attribute, CodeTable
from idp.accounts.attributes import ATTRIBUTES, AccountAttributes
from idp.accounts.models import IdentifierProof

_MOST_CHOICES = 5  # a longer code table is listed under the options


class CodeOf(click.ParamType[str]):
    """A code of a table."""

    name = "code"

    def __init__(self, table: CodeTable) -> None:
        self._table = table

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value and (fault := self._table.check(value)):
            self.fail(f"{fault}: see --help", param, ctx)
        return value


def attribute_options(function: Function) -> Function:
    """An option for each attribute that commands set: `--family-name` for `family_name`.

    An attribute without a default must be given.
    """
    defaults = {declared.name: declared.default for declared in fields(AccountAttributes)}
    return _with_options(function, defaults)


def changed_attribute_options(function: Function) -> Function:
    """The same for a command that changes some attributes: none must be given."""
    return _with_options(function, dict.fromkeys(ATTRIBUTES))


def _with_options(function: Function, defaults: Mapping[str, object]) -> Function:
    for name, attribute in reversed(list(ATTRIBUTES.items())):
        if attribute.option is not None:
            function = _attribute_option(name, attribute, defaults[name])(function)
    return function


def _attribute_option(name: str, attribute: Attribute, default: object) -> Callable[[Function], Function]:
    option = partial(click.option, f"--{name.replace('_', '-')}", type=_option_type(attribute), help=attribute.option)
    if default is MISSING:
        return option(required=True)  # with `default=None`, Click would take None for a value that was given
    return option(default=None if default is None else str(default), show_default=default is not None)


def _option_type(attribute: Attribute) -> click.ParamType[Any] | None:
    if attribute.codes is None:
        return None
    if len(attribute.codes.labels) > _MOST_CHOICES:
        return CodeOf(attribute.codes)
    return click.Choice([str(code) for code in attribute.codes.labels])


def _is_listed(table: CodeTable) -> bool:
    return len(table.labels) > _MOST_CHOICES and not table.well_known


def changed_attributes(options: Mapping[str, Any]) -> dict[str, Any]:
    """The changes that the options ask for; an empty text takes an attribute away."""
    given = {name: value for name, value in options.items() if value is not None}
    return {name: ATTRIBUTES[name].value_type(value) if value else None for name, value in given.items()}


def given_attributes(options: dict[str, Any]) -> dict[str, Any]:
    """The values of the attribute options, each of its attribute's type."""
    return {name: _given(ATTRIBUTES[name], value) for name, value in options.items()}


def _given(attribute: Attribute, value: Any) -> Any:
    """An empty code is none: as for a command that changes attributes."""
    return None if value is None or (value == "" and attribute.codes) else attribute.value_type(value)


def code_lists() -> str:
    """The code tables too long for the options, for the end of a command's help."""
    listed = {each.codes.name: each.codes for each in ATTRIBUTES.values() if each.codes and _is_listed(each.codes)}
    return "\n\n".join(_code_list(table) for table in listed.values())


def _code_list(table: CodeTable) -> str:
    lines = [
        f"  {code}  {label.french}{f' ({table.notes[code]})' if code in table.notes else ''}"
        for code, label in table.labels.items()
    ]
    return "\n".join(["\b", f"Codes of --{table.name}:", *lines])


def proof(function: Function) -> Function:
    return click.option(
        "--proof",
        type=click.Choice([IdentifierProof.TYPED.value, IdentifierProof.OPERATOR.value]),
        default=IdentifierProof.TYPED.value,
        show_default=True,
        help="Whether you have seen evidence that the identifier is this person's (operator) or not (typed).",
    )(function)


def password_file(function: Function) -> Function:
    return click.option(
        "--password-file",
        type=click.Path(exists=True, dir_okay=False, allow_dash=True),
        help="Read the password from this file (- is standard input).",
    )(function)


def permanent(function: Function) -> Function:
    return click.option(
        "--permanent", is_flag=True, help="Let the person keep this password: for accounts of a test installation."
    )(function)


def mail_link(function: Function) -> Function:
    return click.option("--mail-link", is_flag=True, help="E-mail the person a link to choose the password.")(function)
