"""The login method `card`: a professional card (CPS), its reader and its PIN.

A card proves itself through one of three doors, all of which lead to `proof.py`:

1. the page calls the card software of the workstation, and posts the assertion that the card has signed (`method.py`);
2. the browser goes to the card software, which fetches the challenge and gives us the assertion
   (`card_bridge/verification/software.py`);
3. the browser shows the certificate of the card by TLS, on a host name that serves nothing else (`tls_listener.py` is
   what nginx calls).

By the doors 2 and 3 the browser comes back with a handle, which counts once, in the browser and the login that asked
(`card_bridge/verification/hand_offs.py`). Nothing here verifies a signature (`card_bridge/verification/verifier.py`) or
knows whose card it is (`idp/accounts/cards.py`).
"""
