// An application written by others: @node-saml/node-saml, as its documentation shows it, behind Node's own server.
//
//   node node_saml.mjs '{"port": ..., "key": ..., "certificate": ..., "provider": {"sso": ..., "logout": ..., "entityId": ...,
//                        "certificates": [...]}}'
//
// It signs its query as `querystring` writes it and sends it as URLSearchParams does, which differ for a space (and
// ! \' ( ) * ~): a RelayState here has none, or the signature would not be of what is sent.
//
// Shows at /protected what it learnt, a name and a value a line; /logout ends the session here and there.

import { SAML, ValidateInResponseTo } from "@node-saml/node-saml";
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

const given = JSON.parse(process.argv[2]);
const url = `http://127.0.0.1:${given.port}`;
const [privateKey, certificate] = [given.key, given.certificate].map((file) => readFileSync(file, "utf8"));

const saml = new SAML({
  issuer: `${url}/metadata`,
  callbackUrl: `${url}/acs`,
  logoutCallbackUrl: `${url}/logout/callback`,
  entryPoint: given.provider.sso,
  logoutUrl: given.provider.logout,
  idpIssuer: given.provider.entityId,
  idpCert: given.provider.certificates,
  privateKey,
  publicCert: certificate,
  decryptionPvk: privateKey,
  signatureAlgorithm: "sha256",
  digestAlgorithm: "sha256",
  wantAssertionsSigned: true,
  wantAuthnResponseSigned: true,
  validateInResponseTo: ValidateInResponseTo.ifPresent, // `always` refuses a LogoutResponse by POST, where it looks for none
  acceptedClockSkewMs: 120_000,
  ...given.options,
});

const sessions = new Map(); // by a random name, which is the cookie

const sessionOf = (request) => /(?:^|; )node=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];

async function form(request) {
  let text = "";
  for await (const part of request) text += part;
  return Object.fromEntries(new URLSearchParams(text));
}

const go = (response, to, headers = {}) => response.writeHead(303, { location: to, ...headers }).end();

const lines = (profile) => Object.entries({ ...profile, ...profile.attributes })
  .filter(([, value]) => typeof value === "string")
  .map(([name, value]) => `${name}=${value}\n`).join("");

const routes = {
  "GET /": (_, response) => response.end("here"),

  "GET /metadata": (_, response) =>
    response.setHeader("content-type", "application/samlmetadata+xml")
      .end(saml.generateServiceProviderMetadata(certificate, certificate)),

  "GET /protected": async (request, response) => {
    const profile = sessions.get(sessionOf(request));
    if (!profile) return go(response, await saml.getAuthorizeUrlAsync("protected", undefined, {}));
    response.setHeader("content-type", "text/plain; charset=utf-8").end(lines(profile));
  },

  "POST /acs": async (request, response) => {
    const posted = await form(request);
    const { profile } = await saml.validatePostResponseAsync(posted);
    if (!profile) return response.end("nobody is logged in"); // NoPassive
    const name = randomUUID();
    sessions.set(name, profile);
    go(response, posted.RelayState === "protected" ? "/protected" : "/", { "set-cookie": `node=${name}; Path=/` });
  },

  "GET /logout": async (request, response) => {
    const name = sessionOf(request), profile = sessions.get(name);
    sessions.delete(name);
    go(response, await saml.getLogoutUrlAsync(profile, "left", {}));
  },

  // Its metadata says HTTP-POST: a request of the identity provider's, or the answer to ours.
  "POST /logout/callback": async (request, response) => {
    const posted = await form(request);
    if (!posted.SAMLRequest) {
      const { loggedOut } = await saml.validatePostResponseAsync(posted);
      return go(response, loggedOut && posted.RelayState === "left" ? "/left-everywhere" : "/");
    }
    const { profile: named } = await saml.validatePostRequestAsync(posted);
    for (const [name, profile] of sessions)
      if (profile.nameID === named.nameID && profile.sessionIndex === named.sessionIndex) sessions.delete(name);
    go(response, await saml.getLogoutResponseUrlAsync(named, posted.RelayState ?? "", {}, true));
  },

  "GET /left-everywhere": (_, response) => response.end("left everywhere"),
};

createServer(async (request, response) => {
  const route = routes[`${request.method} ${new URL(request.url, url).pathname}`];
  try {
    if (route) await route(request, response);
    else response.writeHead(404).end();
  } catch (refused) {
    response.writeHead(400, { "content-type": "text/plain" }).end(`refused: ${refused.message}\n${refused.statusXml ?? ""}\n`);
  }
}).listen(given.port, "127.0.0.1", () => console.log("listening"));
