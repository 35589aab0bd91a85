"""The identity provider: one login for two protocols, sessions, accounts and keys.

`app.py` registers every page and endpoint, and `container` puts the parts together; setup.cfg lists the rooms in
the order in which they may import each other. Which applications may ask is in `relying_parties`; what every
service needs, whatever it is for, is in `config`. `docs/tour.md` follows one login through the files.
"""
