"""Makes the virtual card of a persona, with the certificates that the test authority issues."""

from card_bridge.workstation.virtual import card_cps3, card_cps4
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.card import Tries, TriesInMemory, VirtualCard
from card_bridge.workstation.virtual.files import MASTER_FILE, Directory
from card_bridge.workstation.virtual.personas import PIN, Generation, Persona
from card_bridge.workstation.virtual.pkcs15 import (
    APPLICATION,
    CardObject,
    Contents,
    DataObject,
    FileIds,
    PinFormat,
    application,
)
from card_bridge.workstation.virtual.profile import ISSUER_NUMBER, KeyUse
from card_bridge.workstation.virtual.tlv import tlv


def make_card(
    persona: Persona,
    authority: Authority,
    *,
    ids: FileIds | None = None,
    tries: Tries | None = None,
    pin: PinFormat | None = None,
) -> VirtualCard:
    """The card of a persona.

    Args:
        ids: the identifiers of its files.
        tries: the counter of its PIN. By default it is new, and ends with the process.
        pin: how it takes its PIN.
    """
    pin = pin or PinFormat()
    generation = card_cps3 if persona.generation is Generation.CPS3 else card_cps4
    issued = {use: authority.issue(persona, use=use) for use in KeyUse}
    references = {
        KeyUse.SIGNATURE: generation.SIGNATURE_KEY,
        KeyUse.AUTHENTICATION: generation.AUTHENTICATION_KEY,
    }
    labels = {KeyUse.SIGNATURE: "CPS_PRIV_SIG", KeyUse.AUTHENTICATION: "CPS_PRIV_AUT"}
    objects = [
        CardObject(
            use=use,
            label=labels[use],
            id=APPLICATION + bytes([references[use] & 0x7F]),
            reference=references[use],
            bits=persona.profile.key_bits,
            certificate=issued[use].der if persona.is_activated else b"",
        )
        for use in (KeyUse.SIGNATURE, KeyUse.AUTHENTICATION)
    ]
    contents = Contents(
        serial=bytes.fromhex(f"{ISSUER_NUMBER}{persona.card_number:010d}"),
        objects=objects,
        data=_data(persona),
        pin=pin,
        is_activated=persona.is_activated,
        algorithms=card_cps3.supported_algorithms(),
    )
    root = Directory(id=MASTER_FILE, name=card_cps3.ROOT_NAME)
    for file in card_cps3.root_files(persona.card_number):
        root.add(file)
    root.add(card_cps3.directory_file([(APPLICATION, "CPX IAS")]))
    made = application(contents, ids or FileIds())
    root.directories[made.id] = made
    card_class = card_cps3.Cps3Card if persona.generation is Generation.CPS3 else card_cps4.Cps4Card
    return card_class(
        root,
        {references[use]: issued[use].key for use in KeyUse},
        tries=tries or TriesInMemory(persona.pin_tries),
        pin=_padded(pin),
        has_pin=persona.is_activated,
    )


def _padded(pin: PinFormat) -> bytes:
    octets = PIN.encode()
    return octets if pin.padding is None else octets.ljust(pin.stored, bytes([pin.padding]))


def _data(persona: Persona) -> list[DataObject]:
    """The texts about the holder; the activity is read after the PIN."""
    holder = persona.holder
    speciality = holder.specialities[0] if holder.specialities else "    "
    return [
        DataObject(label="CPS_ID_CARD", content=tlv(0x5A, f"{ISSUER_NUMBER}{persona.card_number:010d}".encode())),
        DataObject(label="CPS_NAME_PS", content=tlv(0x5B, f"{holder.family_name}<<{holder.given_name}".encode())),
        DataObject(label="CPS_LANG_PS", content=tlv(0x5F2D, b"fr")),
        DataObject(label="CPS_INFO_PS", content=tlv(0xED, f"{holder.national_id}{speciality}".encode())),
        DataObject(
            label="CPS_ACTIVITY_01_PS",
            content=tlv(0xEE, tlv(0x84, b"CABINET IMAGINAIRE"), tlv(0x86, b"SA07")),
            needs_pin=True,
        ),
    ]
