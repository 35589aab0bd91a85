"""How a person proves who they are: one file for each login method.

Which of them an application accepts is decided in `idp/login/requirements.py`; what is stored about a person
(password hashes, devices) is in `idp/accounts`.
"""
