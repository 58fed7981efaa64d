// Who vouches for people in the tests: a certified OpenID provider in the shapes of Google, Microsoft, Apple, Meta and GitHub,
// and of an organisation's own, each below a path of one port. Its first line is JSON: where it is, and Apple's key. It ends
// with its standard input.
//
// Whoever signs in says who they are: `alice`, or `mallory email=alice@example.com fault=nonce`. A fault is what is wrong with
// the ID token that they are given.

import { createHmac, createSign, generateKeyPairSync, verify } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad";
const [CLIENT_ID, CLIENT_SECRET] = ["attune", "a-secret-that-both-know-0123456789"];
const APPLE = { team: "TEAM123456", key: "KEY1234567" };

const signing = generateKeyPairSync("rsa", { modulusLength: 2048 });
const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });
const apple = generateKeyPairSync("ec", { namedCurve: "P-256" });
const KID = "signing";

/** The shapes. `path` is what stands in front of everything that a provider answers to. */
const shapes = {
  google: { path: "/google" },
  microsoft: { path: `/microsoft/${TENANT}/v2.0`, claims: { openid: ["sub"], profile: ["oid", "tid"] } },
  apple: { path: "/apple" },
  meta: { path: "/meta", routes: { authorization: "/dialog/oauth", token: "/oauth/access_token" }, user: "/me", says: (id) => ({ id }) },
  github: { path: "/github", routes: { authorization: "/login/oauth/authorize", token: "/login/oauth/access_token" }, user: "/user", says: (id) => ({ id: Number(id), login: "octocat" }) },
  oidc: { path: "/oidc" },
};

/** What somebody wrote into the sign-in form. */
function read(login) {
  const [sub, ...rest] = login.split(" ");
  return { sub, ...Object.fromEntries(rest.map((word) => word.split("="))) };
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claimsOf = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

function sign(claims, key = signing.privateKey, header = { alg: "RS256", kid: KID, typ: "JWT" }) {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createSign("SHA256").update(signed).sign(key, "base64url")}`;
}

/** What may be wrong with an ID token. */
const faults = {
  nonce: (claims) => sign({ ...claims, nonce: "another" }),
  no_nonce: ({ nonce, ...claims }) => sign(claims),
  audience: (claims) => sign({ ...claims, aud: "somebody-else" }),
  more_audiences: (claims) => sign({ ...claims, aud: [CLIENT_ID, "somebody-else"] }),
  issuer: (claims) => sign({ ...claims, iss: "https://accounts.evil.example" }),
  expired: (claims) => sign({ ...claims, exp: Math.floor(Date.now() / 1000) - 60 }),
  signature: (claims) => sign(claims, foreign.privateKey),
  unknown_key: (claims) => sign(claims, foreign.privateKey, { alg: "RS256", kid: "unknown", typ: "JWT" }),
  payload: (claims) => sign(claims).replace(/\..*\./, `.${encode({ ...claims, sub: "victim" })}.`),
  none: (claims) => `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`,
  unsigned: (claims) => sign(claims).replace(/\.[^.]*$/, "."),
  hs256: (claims) => {
    const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
    return `${signed}.${createHmac("sha256", CLIENT_SECRET).update(signed).digest("base64url")}`;
  },
  /** The public key, which everybody knows, as if it were a secret. */
  confused: (claims) => {
    const signed = `${encode({ alg: "HS256", kid: KID, typ: "JWT" })}.${encode(claims)}`;
    const secret = signing.publicKey.export({ type: "spki", format: "pem" });
    return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
  },
  no_token: () => undefined,
  tenant: (claims) => sign({ ...claims, tid: "11111111-1111-4111-8111-111111111111" }),
  no_oid: ({ oid, ...claims }) => sign(claims),
};

function provider(name, base) {
  const shape = shapes[name];
  const made = new Provider(`${base}${shape.path}`, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        // A loopback address of a native client may have any port: the server under test has one that nobody knows before.
        application_type: "native",
        redirect_uris: [`http://127.0.0.1/v1/auth/external/${name}/callback`],
        token_endpoint_auth_method: "client_secret_post",
      },
    ],
    jwks: { keys: [{ ...signing.privateKey.export({ format: "jwk" }), kid: KID, use: "sig", alg: "RS256" }] },
    cookies: { keys: ["tests"] },
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    claims: shape.claims ?? { openid: ["sub", "email", "email_verified"] },
    ...(shape.routes === undefined ? {} : { routes: shape.routes }),
    findAccount: (_, login) => {
      const { sub, email } = read(login);
      const oid = `00000000-0000-4000-8000-${Buffer.from(sub).toString("hex").padStart(12, "0").slice(-12)}`;
      // Microsoft's subject is another at each client.
      const claims = name === "microsoft" ? { sub: `pairwise-${sub}`, oid, tid: TENANT } : { sub, ...(email && { email, email_verified: true }) };
      return { accountId: login, claims: () => claims };
    },
  });
  made.on("server_error", (_, error) => console.error(error));
  made.use(async (ctx, next) => {
    await next();
    if (ctx.oidc?.route !== "token" || typeof ctx.body?.id_token !== "string") return;
    const { fault } = read(ctx.oidc.entities.Account?.accountId ?? "");
    if (fault !== undefined) ctx.body = { ...ctx.body, id_token: faults[fault](claimsOf(ctx.body.id_token)) };
  });
  return { ...shape, name, made, answer: made.callback() };
}

/** Where Meta and GitHub say who somebody is. */
async function tellUser({ made, says }, request, response) {
  const token = await made.AccessToken.find((request.headers.authorization ?? "").replace("Bearer ", ""));
  const named = request.headers["user-agent"] !== undefined;
  response.writeHead(token === undefined || !named ? 401 : 200, { "content-type": "application/json" });
  response.end(JSON.stringify(token === undefined ? {} : says(read(token.accountId).sub)));
}

/** Apple takes a statement, signed with the developer's key, where others take a secret. */
function isSignedBy(statement, base) {
  const [header, claims, signature] = (statement ?? "").split(".");
  if (signature === undefined) return false;
  const said = claimsOf(statement);
  const now = Date.now() / 1000;
  return (
    JSON.parse(Buffer.from(header, "base64url").toString()).kid === APPLE.key &&
    said.iss === APPLE.team && said.sub === CLIENT_ID && said.aud === `${base}/apple` && said.iat <= now + 1 && now < said.exp &&
    verify("sha256", Buffer.from(`${header}.${claims}`), { key: apple.publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"))
  );
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}

let providers = [];
const server = createServer(async (request, response) => {
  const base = `http://${request.headers.host}`;
  // Microsoft's document for everybody names an issuer with a gap for the organisation.
  if (request.url === "/microsoft/common/v2.0/.well-known/openid-configuration") {
    const own = await (await fetch(`${base}${shapes.microsoft.path}/.well-known/openid-configuration`)).json();
    response.writeHead(200, { "content-type": "application/json" });
    return response.end(JSON.stringify({ ...own, issuer: `${base}/microsoft/{tenantid}/v2.0` }));
  }
  const asked = providers.find(({ path }) => request.url.startsWith(`${path}/`));
  if (asked === undefined) return response.writeHead(404).end();
  request.originalUrl = request.url;
  request.url = request.url.slice(asked.path.length);
  if (asked.user !== undefined) {
    const [path] = request.url.split("?");
    if (path === asked.user) return tellUser(asked, request, response);
    // Meta and GitHub say who somebody is without being asked for anything; what stands behind their shape grants what it was asked for.
    if (path === asked.routes.authorization && !request.url.includes("scope=")) request.url += "&scope=openid";
    // By the difference of the two the provider knows where it is mounted.
    request.originalUrl = asked.path + request.url;
  }
  if (asked.name === "apple" && request.url === "/token") {
    const form = await bodyOf(request);
    request.body = { ...form, client_secret: isSignedBy(form.client_secret, base) ? CLIENT_SECRET : "wrong" };
  }
  return asked.answer(request, response);
});

server.listen(0, "127.0.0.1", () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  providers = Object.keys(shapes).map((name) => provider(name, base));
  const key = apple.privateKey.export({ type: "pkcs8", format: "pem" });
  console.log(JSON.stringify({ base, client_id: CLIENT_ID, client_secret: CLIENT_SECRET, apple: { ...APPLE, private_key: key } }));
});
// Whoever started it has gone.
process.stdin.resume().on("end", () => process.exit(0));
