"""`idp demo`: the whole thing on this machine, with invented applications and people.

`contents.py` is what the demonstration holds, `parts.py` the programs it runs,
`command.py` the command that puts the first in place and runs the second.
"""
