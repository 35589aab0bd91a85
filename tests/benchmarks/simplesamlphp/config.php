<?php
// SimpleSAMLphp as in the tests (installed.php), as an identity provider: PHP's sessions, its log in a file.

require __DIR__ . '/installed.php';

$config = [
    'debug' => null,
    'logging.level' => SimpleSAML\Logger::NOTICE,
    'enable.saml20-idp' => true,
    'metadata.sources' => [['type' => 'flatfile']],
    'module.enable' => ['saml' => true, 'core' => true, 'exampleauth' => true],
] + $config;
