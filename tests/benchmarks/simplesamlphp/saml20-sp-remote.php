<?php
// The service providers that ask; each has its assertions encrypted when the benchmark says so.

$encrypts = getenv('PEER_ENCRYPTS') === 'yes';
for ($number = 0; $number < (int) getenv('PEER_PROVIDERS'); $number++) {
    $metadata["https://peer-$number.example/saml"] = [
        'AssertionConsumerService' => "https://peer-$number.example/saml/acs",
        'NameIDFormat' => 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    ] + ($encrypts ? ['assertion.encryption' => true, 'certificate' => 'encrypts.crt'] : []);
}
