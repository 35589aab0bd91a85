"""The virtual CPS kit: a test authority, invented professionals, and emulators of their cards.

- `personas.py` lists the professionals, and `profile.py` has what their certificates say.
- `authority.py` issues the certificates; its keys are in `key_store.py`; `revocation.py` says which are revoked.
- `card_cps3.py` and `card_cps4.py` answer as the two cards do, by what `card.py`, `files.py`, `pkcs15.py`, `tlv.py` and
  `command_apdu.py` have for both; `cards.py` makes the card of a persona.
- `kit.py` keeps a kit in a folder, and `follower.py` a reader as the folder says; `server.py` has the revocation lists,
  the OCSP responder and `page.py`; `questions.py` asks on that page where no window can be shown. The command is in
  `card_bridge/workstation/persona_commands.py`.
- `software.py` puts a card behind the interface of the real readers, and `vpcd.py` in a virtual reader of the
  system's smart card service.

Nothing here reads a card: the drivers do that, and they were written apart from the emulators, so that each checks the
other. No production system trusts this authority.
"""
