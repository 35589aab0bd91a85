<?php
// Where SimpleSAMLphp leads after a logout, with what became of it.

require_once '/usr/share/simplesamlphp/lib/_autoload.php';

header('Content-Type: text/plain');
echo "logged out\n";
