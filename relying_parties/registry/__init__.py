"""The registry: applications in rows, what is remembered of them, and how operators change them.

What a registration must satisfy is in `relying_parties/registration`; what an application is told of a person is in
`idp/attribute_release.py`.
"""
