<?php
// SimpleSAMLphp as an identity provider, as its documentation has it installed: PHP's sessions, its log in a file.

$folder = getenv('PEER_FOLDER');

$config = [
    'baseurlpath' => getenv('PEER_URL') . '/simplesamlphp/',
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
    'showerrors' => true,
    'logging.level' => SimpleSAML\Logger::NOTICE,
    'logging.handler' => 'file',
    'logging.logfile' => 'simplesamlphp.log',
    'session.cookie.secure' => false,
    'session.cookie.samesite' => null,
    'language.cookie.secure' => false,
    'enable.saml20-idp' => true,
    'store.type' => 'phpsession',
    'session.phpsession.savepath' => "$folder/sessions",
    'metadata.sources' => [['type' => 'flatfile']],
    'module.enable' => ['saml' => true, 'core' => true, 'exampleauth' => true],
];
