"""How an attribute of an account is declared: its rule, its codes, its option, its label, its release.

The attributes themselves are in `attributes.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.escaping import is_invisible
from config.reference.labels import Label

Check = Callable[[str], str | None]
"""What is wrong with a value, as the end of a sentence that begins with the attribute's name; None when it is right."""


@dataclass(frozen=True, slots=True)
class CodeTable:
    """The codes that an attribute may have, with their labels. `name` is the singular of what they stand for.

    `notes` say more of a code, in the help of the commands. Codes that are `well_known` are not listed in the help
    of commands.
    """

    name: str
    labels: Mapping[str, Label]
    notes: Mapping[str, str] = field(default_factory=dict)
    well_known: bool = False

    def check(self, code: str) -> str | None:
        """A `Check`. Its answer has the codes whose label contains the text that was given in place of a code."""
        if code in self.labels:
            return None
        labels = {each: label.french for each, label in self.labels.items()}
        alike = [f"{each} is {label}" for each, label in labels.items() if code.casefold() in label.casefold()]
        meant = f" ({', '.join(alike)})" if alike and len(code) > 2 else ""
        return f"{code!r} is not the code of a {self.name}, such as {' or '.join(list(labels)[:2])}{meant}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """How applications receive an attribute: its claim and the scope that asks for it, and its names in SAML.

    `companion` is a claim that is released with this one and qualifies it, such as `email_verified`. Its value is
    the field of `AccountSnapshot` that has the same name. `saml_form` makes the claim into the SAML value, where the
    two differ.
    """

    claim: str
    scope: str
    oid: str
    friendly_name: str
    form: Callable[[Any], object] = str  # from the stored value to the released one
    companion: str | None = None
    saml_form: Callable[[Any], object] | None = None

    @property
    def claims(self) -> tuple[str, ...]:
        return (self.claim,) if self.companion is None else (self.claim, self.companion)

    @property
    def saml_name(self) -> str:
        """SAML V2.0 Profiles, section 8.2.2: X.500 and LDAP attributes are named by their OID."""
        return f"urn:oid:{self.oid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """What is known of an attribute beside its type and its default.

    `value_type` makes the stored text into the value. `normalize` is applied before the value is stored. `option` is
    the help of the command's option; without it, no command sets the attribute. `label` stands before the value on the
    account page; without it, the page does not show the attribute. `shown` makes the stored value, and a language, into
    what a person reads. Without `release`, no application receives it.
    """

    value_type: type[str] = str
    check: Check | None = None
    codes: CodeTable | None = None
    normalize: Callable[[str], str] = str
    option: str | None = None
    label: Label | None = None
    shown: Callable[[str, str], str] | None = None
    release: Release | None = None

    def fault(self, value: str) -> str | None:
        """What is wrong with `value`, or None."""
        if self.codes is not None:
            return self.codes.check(value)
        return self.check(value) if self.check is not None else None

    def display(self, value: str, language: str) -> str:
        """The value as a person reads it: the label of a code, any other value as it is unless `shown` says how."""
        if self.shown is not None:
            return self.shown(value, language)
        label = self.codes.labels.get(value) if self.codes is not None else None
        return value if label is None else label.text(language)


def is_one_line(text: str, longest: int) -> bool:
    is_legible = text.isprintable() and (text.isascii() or not any(map(is_invisible, text)))
    return 0 < len(text.strip()) == len(text) <= longest and is_legible


def one_line(longest: int) -> Check:
    """A check: printable text on one line, without surrounding spaces, of `longest` characters at most."""
    fault = f"must be 1 to {longest} characters on one line"
    return lambda text: None if is_one_line(text, longest) else fault
