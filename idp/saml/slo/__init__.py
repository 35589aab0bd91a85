"""Single logout by SAML: reads, sends and answers logout messages.

`idp/logout` decides, for both protocols, which applications are notified, in which order and how often.
"""
