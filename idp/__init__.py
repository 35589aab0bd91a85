"""The identity provider: one login for two protocols, sessions, accounts and keys.

`app.py` registers every page and endpoint, and `container` constructs the parts; setup.cfg lists the packages in the
order in which they may import each other. Applications are registered in `relying_parties`; `config` has what every
service needs. `docs/tour.md` follows one login through the files.
"""
