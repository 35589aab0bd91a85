"""`idp demo`: the identity provider, enrollment and three applications on one machine, with invented people.

`contents.py` creates the settings, the applications and the accounts; `samples.py` and `enrollment.py` describe the
programs beside the identity provider; `programs.py` starts and stops them all; `command.py` is the command.

Not here: the sample applications themselves (`relying_parties/samples`), nor the code of enrollment.
"""
