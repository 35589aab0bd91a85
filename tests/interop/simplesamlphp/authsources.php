<?php
// Two SPs: the first signs, encrypts names and has its assertions encrypted; the second asks for artifacts.

$base = [
    'saml:SP',
    'idp' => getenv('POTERNE_IDENTITY_PROVIDER'),
    'privatekey' => 'signs.key',
    'certificate' => 'signs.crt',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'WantAssertionsSigned' => true,
    'NameIDPolicy' => ['Format' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent', 'AllowCreate' => true],
    'name' => ['en' => 'A service of other people'],
    'attributes' => [
        'givenName' => 'urn:oid:2.5.4.42',
        'sn' => 'urn:oid:2.5.4.4',
        'mail' => 'urn:oid:0.9.2342.19200300.100.1.3',
    ],
    // Not by SOAP: in 1.19.7 it ends its session and then fails to answer (a TypeError, of setDestination).
    'SingleLogoutServiceBinding' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'],
    'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
];

$config = [
    'strict' => $base + [
        'entityID' => getenv('POTERNE_URL') . '/strict',
        'sign.authnrequest' => true,
        'sign.logout' => true,
        'redirect.sign' => true,
        'redirect.validate' => true,
        'validate.logout' => true,
        'assertion.encryption' => true,
        'nameid.encryption' => true,  // by AES-128-CBC, whatever one asks
    ],
    'artifacts' => $base + [
        'entityID' => getenv('POTERNE_URL') . '/artifacts',
        'sign.authnrequest' => true,
        'sign.logout' => true,
        'ProtocolBinding' => 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact',
        'acs.Bindings' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact'],
    ],
];
