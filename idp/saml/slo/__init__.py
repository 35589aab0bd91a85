"""Single logout by SAML: messages read, sent and answered.

Which applications are told, in which order and how often is decided in `idp/logout`, for both protocols.
"""
