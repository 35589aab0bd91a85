"""Single logout by SAML: messages read, sent and answered."""
