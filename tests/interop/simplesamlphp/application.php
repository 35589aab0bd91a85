<?php
// A page of the SP that is named below its address: what SimpleSAMLphp has learnt, or the end of the session.

require_once '/usr/share/simplesamlphp/lib/_autoload.php';

$sp = new \SimpleSAML\Auth\Simple(trim($_SERVER['PATH_INFO'], '/'));
if (isset($_GET['logout'])) {
    $sp->logout(getenv('POTERNE_URL') . '/logged-out.php');
}
$sp->requireAuth();
$nameId = $sp->getAuthData('saml:sp:NameID');
$learnt = [
    'attributes' => $sp->getAttributes(),
    'name_id' => $nameId->getValue(),
    'name_id_format' => $nameId->getFormat(),
    'session_index' => $sp->getAuthData('saml:sp:SessionIndex'),
    'context' => $sp->getAuthData('saml:AuthnContext') ?? $sp->getAuthData('saml:sp:AuthnContext'),
];
\SimpleSAML\Session::getSessionFromRequest()->cleanup();
header('Content-Type: application/json');
echo json_encode($learnt);
