<?php
// Every visitor is logged in, as the same person: what is measured is a session that is open already.

$config = [
    'anyone' => [
        'exampleauth:StaticSource',
        'urn:oid:2.5.4.42' => ['Jeanne'],
        'urn:oid:2.5.4.4' => ['Dupont'],
        'urn:oid:0.9.2342.19200300.100.1.3' => ['jdupont@exemple.test'],
        'urn:oid:0.9.2342.19200300.100.1.1' => ['jdupont'],
        'urn:oid:2.5.4.12' => ['10'],
    ],
];
