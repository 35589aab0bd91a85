"""Both halves of the card bridge: the workstation next to the browser, and the verification in the services.

What both halves use is here: `assertion.py`, the one message that crosses; `certificate.py`, what the certificate of a
card says, and the only module that imports asn1crypto; `states.py`, the states of a workstation as a page names them;
`vocabulary.py`, the kinds of cards; `identity.py`, what a verified card says of its holder. The halves, `workstation`
and `verification`, never import each other, and a workstation installs nothing of a server.
"""
