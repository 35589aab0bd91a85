// An application written by others: openid-client, as its documentation shows it.
//
//   node openid_client.mjs '{"issuer": ..., "clientId": ..., "clientSecret": ..., "authentication": ..., "redirectUri": ...}'
//
// Writes the address to send a person to, reads the address they came back to,
// writes what it learnt. One JSON document a line.

import * as client from "openid-client";
import { createInterface } from "node:readline/promises";

const given = JSON.parse(process.argv[2]);
const say = (what) => console.log(JSON.stringify(what));
const authentications = {
  client_secret: () => given.clientSecret, // its own default, when nothing is said
  none: () => client.None(),
  client_secret_basic: () => client.ClientSecretBasic(given.clientSecret),
  client_secret_post: () => client.ClientSecretPost(given.clientSecret),
};

function settings() {
  const chosen = authentications[given.authentication]();
  return typeof chosen === "string" ? [chosen, undefined] : [undefined, chosen];
}

const provider = await client.discovery(
  new URL(given.issuer), given.clientId, ...settings(),
  { execute: [client.allowInsecureRequests] }, // http on a loopback address
);

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();
say(client.buildAuthorizationUrl(provider, {
  redirect_uri: given.redirectUri,
  scope: "openid profile email",
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: "S256",
  state: expectedState,
  nonce: expectedNonce,
}).href);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const returned = JSON.parse((await lines.next()).value);

try {
  const tokens = await client.authorizationCodeGrant(provider, new URL(returned), {
    pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true,
  });
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(provider, tokens.access_token, claims.sub);
  const logout = client.buildEndSessionUrl(provider, {
    post_logout_redirect_uri: given.postLogoutRedirectUri, id_token_hint: tokens.id_token,
  }).href;
  say({ claims, userinfo, logout });
} catch (refused) {
  say({ refused: refused.error ?? refused.code ?? String(refused), status: refused.status,
    why: refused.error_description });
}
process.exit(0);
