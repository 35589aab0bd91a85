"""The workstation half: reader and card, the bridge that a page of the browser speaks to, and the virtual kit.

`operation.py` is the card's side: look, and sign. `app.py` is the browser's side, behind `gate.py`, and `bridge.py` is
between them. `pin_entry` asks for the PIN, `pages` has what the bridge itself shows, `virtual` the virtual cards.

What decides whether an assertion is believed is not here: the services do that in `card_bridge.verification`.
"""
