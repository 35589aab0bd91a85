<?php
// SimpleSAMLphp as an SP, at an address and in a folder that the test gives.

$folder = getenv('POTERNE_FOLDER');

$config = [
    'baseurlpath' => getenv('POTERNE_URL') . '/simplesamlphp/',
    'certdir' => "$folder/",
    'loggingdir' => "$folder/",
    'datadir' => "$folder/",
    'tempdir' => "$folder/tmp",
    'metadatadir' => "$folder/",
    'timezone' => 'UTC',
    'secretsalt' => file_get_contents("$folder/salt"),
    'auth.adminpassword' => file_get_contents("$folder/salt"),
    'admin.checkforupdates' => false,
    'technicalcontact_email' => 'operator@exemple.test',
    'debug' => ['saml' => false, 'backtraces' => true, 'validatexml' => false],
    'showerrors' => true,
    'logging.level' => SimpleSAML\Logger::INFO,
    'logging.handler' => 'file',
    'logging.logfile' => 'simplesamlphp.log',
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'language.cookie.secure' => false,
    'enable.http_post' => true,
    'store.type' => 'phpsession',
    'session.phpsession.savepath' => "$folder/sessions",
    'metadata.sources' => [['type' => 'xml', 'file' => "$folder/identity-provider.xml"]],
    'module.enable' => ['saml' => true, 'core' => true, 'exampleauth' => false],
];
