"""The Response of a login, written as canonical text so that it can be signed without building a tree.

    values           the texts that go into a Response
    tree             the Response as pysaml2 builds it: the reference
    template         the same by substitution, from a template that `tree` made
    canonical_text   the escaping of text in canonical form

Signing and encryption of the text are not here: idp/saml/sign_encrypt.py.
"""
