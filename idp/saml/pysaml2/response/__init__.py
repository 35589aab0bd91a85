"""The Response of a login, written as canonical text so that it can be signed without building a tree.

    values           the texts that go into a Response
    tree             the Response as pysaml2 builds it: the reference
    template         the same by substitution, from a template that `tree` made
    canonical_text   how a text is escaped in canonical form

Signing and encrypting the text is not here: idp/saml/sign_encrypt.py.
"""
