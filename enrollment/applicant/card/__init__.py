"""The professional card of a person who asks for an account: how it is read, and what the request keeps of it.

A card is read by the page's script, through the card software of the workstation (`reading.py`), or by the software
alone, to which the browser goes and from which it comes back (`card_bridge/verification/hand_offs.py`). The identity
provider decides whether the card is believed. A card that was proved at its login page comes from there (`known.py`).
The pages are in `enrollment/applicant/steps/card.py`.
"""
