"""The files of a virtual card: directories (DF), elementary files (EF), and how SELECT finds them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from card_bridge.workstation.virtual.tlv import tlv

MASTER_FILE: Final = 0x3F00
_ACTIVATED: Final = tlv(0x8A, b"\x05")
_ALWAYS, _NEVER, _AFTER_PIN = 0x00, 0xFF, 0x11


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An elementary file. `short_id` is its short identifier, 0 when it has none."""

    id: int
    content: bytes
    short_id: int = 0
    needs_pin: bool = False

    @property
    def control_parameters(self) -> bytes:
        """The FCP (ISO/IEC 7816-4 section 7.4.3), with the access rules in the form of IAS-ECC."""
        rules = bytes([0x7B, _NEVER, _NEVER, _NEVER, _NEVER, _NEVER, _AFTER_PIN if self.needs_pin else _ALWAYS])
        return tlv(
            0x62,
            tlv(0x80, len(self.content).to_bytes(2, "big")),
            tlv(0x82, b"\x01"),
            tlv(0x83, self.id.to_bytes(2, "big")),
            tlv(0x88, bytes([self.short_id << 3]) if self.short_id else b""),
            tlv(0xA1, tlv(0x8C, rules)),
            _ACTIVATED,
        )


@dataclass(slots=True, kw_only=True)
class Directory:
    """A dedicated file. `name` is its AID, empty when it has none."""

    id: int
    name: bytes = b""
    files: dict[int, File] = field(default_factory=dict)
    directories: dict[int, "Directory"] = field(default_factory=dict)

    def add(self, file: File) -> None:
        self.files[file.id] = file

    def with_short_id(self, short_id: int) -> File | None:
        return next((file for file in self.files.values() if file.short_id == short_id), None)

    def below(self) -> Iterator["Directory"]:
        """This directory and all those in it."""
        yield self
        for directory in self.directories.values():
            yield from directory.below()

    @property
    def control_parameters(self) -> bytes:
        name = tlv(0x84, self.name) if self.name else b""
        rules = tlv(0xA1, tlv(0x8C, bytes([0x02, _NEVER])))
        return tlv(0x62, tlv(0x82, b"\x38"), tlv(0x83, self.id.to_bytes(2, "big")), name, rules, _ACTIVATED)


class FileSystem:
    """The files and which of them is selected."""

    def __init__(self, root: Directory) -> None:
        self.root = root
        self.directory = root
        self.file: File | None = None

    def reset(self) -> None:
        """Select the master file, as a reset does."""
        self.directory, self.file = self.root, None

    def select_name(self, name: bytes) -> Directory | None:
        """Select a directory by its AID, or by the beginning of its AID."""
        for directory in self.root.below():
            if name and directory.name.startswith(name):
                self.directory, self.file = directory, None
                return directory
        return None

    def select_parent(self) -> Directory | None:
        for directory in self.root.below():
            if self.directory in directory.directories.values():
                self.directory, self.file = directory, None
                return directory
        return None

    def select_path(self, path: bytes) -> Directory | File | None:
        """Select by a path of identifiers, from the current directory, or from the root when it begins with 3F00."""
        identifiers = [int.from_bytes(path[at : at + 2], "big") for at in range(0, len(path), 2)]
        directory = self.directory
        if identifiers[:1] == [MASTER_FILE]:
            directory, identifiers = self.root, identifiers[1:]
        for identifier in identifiers[:-1]:
            if (found := directory.directories.get(identifier)) is None:
                return None
            directory = found
        if not identifiers:
            self.directory, self.file = directory, None
            return directory
        last = identifiers[-1]
        if (below := directory.directories.get(last)) is not None:
            self.directory, self.file = below, None
            return below
        if (file := directory.files.get(last)) is not None:
            self.directory, self.file = directory, file
            return file
        return None
