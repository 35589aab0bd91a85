"""The virtual kit in a folder: the keys of the authority, which card is in the reader, and the tries of each PIN.

Every program that opens the folder sees the same card: the bridge, the `card-bridge personas` command, the page of the
demonstration, and what puts the card in a reader of pcscd.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from cryptography.hazmat.primitives.serialization import Encoding

from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.card import VirtualCard
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import PERSONAS, Persona, persona_named
from card_bridge.workstation.virtual.profile import Issuer
from config.strict_parsing import InvalidJson, parse_json_object

_KIT, _READER = "kit.json", "reader.json"
_TRIES: Final = "tries"


class NoKit(Exception):
    """The folder holds no virtual kit. The message says how to make one."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """What is in the reader; `changes` counts the insertions and removals."""

    persona: str | None = None
    changes: int = 0


class Kit:
    """A virtual kit.

    Args:
        folder: of its files.
        address: of the authority's server. Certificates name it.
    """

    def __init__(self, folder: Path, *, address: str, authority_bits: int = 4096, day: datetime | None = None) -> None:
        self.folder = folder
        self.authority = Authority(folder / "keys", address=address, authority_bits=authority_bits, day=day)

    @classmethod
    def make(cls, folder: Path, *, address: str, authority_bits: int = 4096) -> Self:
        """Make a kit, or find again the one that is there, with its keys and its reader.

        Args:
            address: of the authority's server; it replaces the one of a kit that is there.
            authority_bits: the size of the authority's keys, if the kit is new.

        Raises:
            OSError: the folder cannot be written.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(NoKit):
            authority_bits = cls.open(folder).authority.bits
        _write(folder / _KIT, {"address": address, "authority_bits": authority_bits})
        return cls(folder, address=address, authority_bits=authority_bits)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the kit of a folder.

        Raises:
            NoKit: there is none.
        """
        try:
            kept = parse_json_object((folder / _KIT).read_bytes())
            return cls(folder, address=str(kept["address"]), authority_bits=int(kept["authority_bits"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise NoKit(f"{folder} holds no virtual kit: `card-bridge personas serve` makes one") from None

    def read(self, name: str) -> dict[str, Any]:
        """A file of the folder, in JSON; empty when it is not there, or damaged."""
        try:
            return parse_json_object((self.folder / name).read_bytes())
        except (OSError, InvalidJson):
            return {}

    def write(self, name: str, members: dict[str, Any]) -> None:
        """Replace a file of the folder."""
        _write(self.folder / name, members)

    @property
    def insertion(self) -> Insertion:
        """What is in the reader now."""
        kept = self.read(_READER)
        try:
            persona = kept["persona"]
            return Insertion(persona and persona_named(persona).name, int(kept["changes"]))
        except (ValueError, KeyError, TypeError):  # NoSuchPersona is a ValueError
            return Insertion()

    def insert(self, persona: Persona) -> None:
        """Put a persona's card in the reader, in the place of the one that is there."""
        self._change(persona.name)

    def pull(self) -> None:
        """Take the card out of the reader, if there is one."""
        if self.insertion.persona is not None:
            self._change(None)

    def write_authorities(self) -> Path:
        """Write the certificates of the roots and of the authorities below them, and return their folder."""
        folder = self.folder / "authorities"
        folder.mkdir(mode=0o700, exist_ok=True)
        for issuer in (Issuer.FORT, Issuer.STANDARD):
            for is_root, signer in ((True, self.authority.root(issuer)), (False, self.authority.intermediate(issuer))):
                file = folder / f"{self.authority.list_name(issuer, is_root=is_root)}.pem"
                with _replaced(file) as draft:
                    draft.write_bytes(signer.certificate.public_bytes(Encoding.PEM))
        return folder

    def card(self, persona: Persona) -> VirtualCard:
        """The card of a persona. Its tries are kept in the folder."""
        return make_card(persona, self.authority, tries=self.tries(persona))

    def inserted_card(self) -> VirtualCard | None:
        """The card that is in the reader."""
        name = self.insertion.persona
        return None if name is None else self.card(persona_named(name))

    def tries(self, persona: Persona) -> "KeptTries":
        """The counter of a card's PIN."""
        return KeptTries(self.folder / _TRIES / persona.name, persona.pin_tries)

    def renew_tries(self) -> None:
        """Make the counter of every card what it was when the card was new."""
        for persona in PERSONAS:
            (self.folder / _TRIES / persona.name).unlink(missing_ok=True)

    def _change(self, persona: str | None) -> None:
        self.write(_READER, {"persona": persona, "changes": self.insertion.changes + 1})


class KeptTries:
    """A counter of PIN tries in a file."""

    def __init__(self, file: Path, at_first: int) -> None:
        self._file = file
        self._at_first = at_first

    @property
    def left(self) -> int:
        try:
            return int(self._file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return self._at_first

    @left.setter
    def left(self, tries: int) -> None:
        self._file.parent.mkdir(mode=0o700, exist_ok=True)
        with _replaced(self._file) as draft:
            draft.write_text(str(tries), encoding="ascii")


def _write(file: Path, members: dict[str, Any]) -> None:
    with _replaced(file) as draft:
        draft.write_text(json.dumps(members), encoding="utf-8")


@contextmanager
def _replaced(file: Path) -> Iterator[Path]:
    """A draft that takes the place of a file at once: a reader never sees half of it."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    yield draft
    draft.replace(file)
