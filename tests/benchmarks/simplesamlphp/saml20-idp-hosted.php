<?php
// Assertion and Response signed, RSA-SHA256, and a persistent identifier: as ours are in the benchmark.

$metadata[getenv('POTERNE_URL') . '/idp'] = [
    'host' => '__DEFAULT__',
    'privatekey' => 'signs.key',
    'certificate' => 'signs.crt',
    'auth' => 'anyone',
    'signature.algorithm' => 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'saml20.sign.response' => true,
    'saml20.sign.assertion' => true,
    'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
    'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    'authproc' => [
        10 => ['class' => 'saml:PersistentNameID', 'attribute' => 'urn:oid:0.9.2342.19200300.100.1.1'],
    ],
];
