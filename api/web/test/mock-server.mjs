/**
 * A stand-in for the server, for development, screenshots and the browser test: the built app under the server's content
 * security policy, the REST surface on invented meetings, and the live socket replaying one of them.
 *
 *   node test/mock-server.mjs [port]      then open the address it prints
 */
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { durationMs, finals, heartRecording, incompleteReport, liveMeasures, meeting, nudges, report, reportWith, talkShare } from "./fixtures/meeting.mjs";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const ME = { id: "01936f00-0000-7000-8000-0000000000aa", tenant_id: "01936f00-0000-7000-8000-0000000000bb", role: "owner" };
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };

/** What is stored of a meeting. */
const STORED = {
  parts: [
    { part: "captions", count: 41, bytes: 18_300 },
    { part: "nudges", count: 2, bytes: 1_120 },
    { part: "reports", count: 1, bytes: 184_220 },
    { part: "words", count: 56, bytes: 61_400 },
  ],
  audio: { place: "server", bytes: 2_410_000, expires_at: "2026-12-21T09:00:00Z" },
};

/**
 * What a report tells of earlier meetings, of questions that were missed, and of what was held out.
 * @param {import("../src/api/model").Report} report
 * @returns {import("../src/api/model").Coaching}
 */
function lately({ coaching, record }) {
  const values = { C1: [61, 58.4, 66, 54, 57.2, 63, 60, 52.5], C3: [171, 168, 174, 166, 163, 169], C10: [96, 120, 84, 71], C17: [3, 4, 3, 6, 5], C13: [310] };
  const missed = record.utterances
    .filter(({ speaker }) => speaker === "them")
    .slice(0, 1)
    .map(({ id, text, t0_ms, t1_ms }) => ({ by: { speaker: /** @type {const} */ ("them") }, text, source: { t0_ms, t1_ms, utterances: [id] }, replied_at_ms: t1_ms + 900 }));
  return {
    ...coaching,
    trends: Object.entries(values).map(([measure, earlier]) => ({ measure, values: earlier })),
    missed_questions: missed,
    held_out: [{ id: "held", rule: "N5", headline: "Check in?", at_ms: 214_000, before: 41, after: 38 }],
  };
}

const PROVIDERS = [
  { provider: "google", name: "Google" },
  { provider: "microsoft", name: "Microsoft" },
  { provider: "apple", name: "Apple" },
  { provider: "meta", name: "Facebook" },
  { provider: "github", name: "GitHub" },
  { provider: "oidc", name: "Northwind Traders, employees and contractors" },
];

/**
 * @typedef {object} Options
 * @property {number} [port] 0 for any
 * @property {boolean} [empty] no meetings at all
 * @property {number} [liveMs] where the live meeting stands when a reader comes
 * @property {object[]} [troubles] what stands against the tracks of the live meeting
 * @property {Record<string, object>} [samples] what became of their sound
 * @property {boolean} [signedIn] without having redeemed a link
 * @property {{ provider: string, name: string }[]} [providers] who vouches for people
 * @property {Date} [now]
 */

/**
 * Starts it.
 * @param {Options} options
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function startMockServer({ port = 0, empty = false, liveMs = 196_000, troubles = [], samples = {}, signedIn = false, providers = PROVIDERS, now = new Date() } = {}) {
  let open = signedIn;
  let speech = { second_language: false, accent: false, stutter: false, keep: ["folks", "sort of"] };
  const organisation = { id: ME.tenant_id, kind: "organisation", remote_recognition: true, recognizer_elsewhere: "api.openai.com" };
  /** @type {{ kind: string, granted: boolean, created_at: string }[]} */
  let consents = [];
  /** @type {Map<string, { text: string, low_confidence: boolean, corrected: { version: number, heard: string } }>} */
  const corrections = new Map();
  /** @param {number} days @param {string} time */
  const on = (days, time) => new Date(`${new Date(now.getTime() - days * 86_400_000).toISOString().slice(0, 10)}T${time}:00Z`).toISOString();
  const live = meeting(9, { title: "Northwind support desk, first call", meeting_type: "discovery", state: "live", started_at: on(0, "09:30"), ended_at: null, report_version: null, duration_ms: liveMs, committed_ms: liveMs - 4_000, talk_share: null });
  const ended = meeting(8, { title: "Northwind support desk, discovery", meeting_type: "discovery", started_at: on(0, "08:02"), duration_ms: durationMs, talk_share: talkShare });
  const broken = meeting(7, { title: "Quarterly numbers with Ada and the finance team, second attempt after the projector failed", meeting_type: "internal_update", state: "suspended", started_at: on(1, "15:30"), ended_at: null, duration_ms: durationMs, talk_share: { me: 0.71, them: 0.29 } });
  let meetings = empty
    ? []
    : [
        live,
        ended,
        broken,
        meeting(6, { title: "One-to-one with Marek", meeting_type: "one_on_one_report", started_at: on(1, "10:00"), duration_ms: 1_712_000, talk_share: { me: 0.52, them: 0.48 } }),
        meeting(5, { title: "Stand-up", meeting_type: "stand_up", started_at: on(1, "08:15"), duration_ms: 702_000, talk_share: { me: 0.18, them: 0.82 } }),
        meeting(4, { title: "Interview: platform engineer", meeting_type: "interviewer", started_at: on(8, "13:00"), duration_ms: 3_305_000, talk_share: { me: 0.27, them: 0.73 } }),
        meeting(3, { title: "Recording from the archive", started_at: on(9, "13:00"), duration_ms: 92_000, talk_share: null }),
        ...Array.from({ length: 22 }, (_, index) => meeting(100 + index, { title: `Weekly review ${22 - index}`, meeting_type: "internal_update", started_at: on(14 + index * 7, "09:00"), duration_ms: 2_400_000, talk_share: { me: 0.3 + (index % 5) / 10, them: 0.7 - (index % 5) / 10 } })),
      ];

  let hearts = [
    heartRecording(6, on(1, "07:10"), 31, { recordings: 5, from_ms: 36.2, to_ms: 47.9, standing: "below" }),
    ...[41, 38, 46, 43, 40].map((rmssd, index) => heartRecording(5 - index, on(2 + index, "07:05"), rmssd, null)),
  ];

  let identities = [
    { id: "01936f00-0000-7000-8000-0000000000a1", provider: "google", name: "Google", linked_at: on(40, "18:20") },
    { id: "01936f00-0000-7000-8000-0000000000a2", provider: "github", name: "GitHub", linked_at: on(3, "09:10") },
  ];
  let devices = [
    { id: "01936f00-0000-7000-8000-0000000000d2", kind: "extension", name: "Chrome on the laptop at work, second profile for interviews", enrolled_at: on(12, "09:00"), recorded_at: on(0, "09:30") },
    { id: "01936f00-0000-7000-8000-0000000000d1", kind: "native", name: "attune on kitchen-mac", enrolled_at: on(40, "18:20"), recorded_at: null },
  ];
  /** @type {{kind: string, days: number | null, chosen: boolean, ceiling_days: number | null, default_days: number | null}[]} */
  let retention = [
    { kind: "audio", days: 30, chosen: false, ceiling_days: 30, default_days: 30 },
    { kind: "transcript", days: 90, chosen: false, ceiling_days: null, default_days: 90 },
    { kind: "insights", days: 7, chosen: true, ceiling_days: null, default_days: 30 },
    { kind: "reports", days: null, chosen: false, ceiling_days: null, default_days: null },
  ];
  const acts = [
    { id: "01936f00-0000-7000-8000-0000000000c3", action: "export.taken", object_id: "01936f00-0000-7000-8000-0000000000e1", by: ME.id, at: on(0, "08:10") },
    { id: "01936f00-0000-7000-8000-0000000000c2", action: "retention.changed", object_id: ME.id, by: ME.id, at: on(3, "17:02") },
    { id: "01936f00-0000-7000-8000-0000000000c1", action: "meeting.deleted", object_id: "01936f00-0000-7000-8000-0000000000b9", by: ME.id, at: on(12, "10:30") },
  ];
  const nights = [
    { night: on(0, "03:00").slice(0, 10), kind: "audio", days: 30, meetings: 2, records: 58, oldest_left: on(29, "14:00"), finished_at: on(0, "03:00") },
    { night: on(0, "03:00").slice(0, 10), kind: "insights", days: 7, meetings: 1, records: 31, oldest_left: on(6, "09:30"), finished_at: on(0, "03:00") },
    { night: on(1, "03:00").slice(0, 10), kind: "transcript", days: 90, meetings: 3, records: 1_204, oldest_left: on(89, "11:00"), finished_at: on(1, "03:00") },
    { night: on(1, "03:00").slice(0, 10), kind: "reports", days: null, meetings: 0, records: 0, oldest_left: on(170, "11:00"), finished_at: on(1, "03:00") },
  ];
  let exports = [{ id: "01936f00-0000-7000-8000-0000000000e1", state: "ready", meetings: 29, meetings_done: 29, bytes: 48_310_220, created_at: on(2, "16:20"), expires_at: on(-5, "16:20") }];
  let signIns = [
    { id: "01936f00-0000-7000-8000-0000000000f3", client: "web", signed_in_at: on(6, "08:00"), used_at: on(0, "09:00"), expires_at: on(-24, "08:00"), current: true },
    { id: "01936f00-0000-7000-8000-0000000000f2", client: "extension", signed_in_at: on(12, "09:00"), used_at: on(1, "16:00"), expires_at: on(-78, "09:00"), current: false },
    { id: "01936f00-0000-7000-8000-0000000000f1", client: "native", signed_in_at: on(40, "18:20"), used_at: on(33, "11:00"), expires_at: on(-50, "18:20"), current: false },
  ];

  let signingIn = { address: "maria.kowalczyk@example.com", password: true, codes: false, recovery_codes: 0 };
  let proved = false;

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://mock");
    /** @param {number} status @param {unknown} [body] */
    const answer = (status, body) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    /** @param {number} status @param {string} code @param {string} message */
    const refuse = (status, code, message) =>
      answer(status, { error: { code, message, details: null, timestamp: new Date().toISOString(), request_id: "req-7f3a", retryable: status >= 500 || code === "report_not_ready" } });

    if (!url.pathname.startsWith("/v1/")) return serveFile(url.pathname, response);
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = text === "" || request.headers["content-type"] === "text/csv" ? {} : JSON.parse(text);

    if (url.pathname === "/v1/health") return answer(200, { status: "ok" });
    if (url.pathname === "/v1/auth/login-links/redeem") {
      if (body.token === "good") {
        open = true;
        return answer(200, { user: ME });
      }
      return refuse(410, "login_link_gone", "this link was used, or is too old: ask for another");
    }
    if (url.pathname === "/v1/auth/ways") return answer(200, { password: true, sign_up: true });
    if (["/v1/auth/sign-ups", "/v1/auth/password-resets"].includes(url.pathname)) return answer(202);
    if (["/v1/auth/sign-in", "/v1/auth/sign-ups/redeem", "/v1/auth/password-resets/redeem"].includes(url.pathname)) {
      if (body.password.startsWith("wrong")) return refuse(401, "not_proved", "the address or the password is not right");
      if (signingIn.codes) return answer(202, { code_token: "half" });
      open = true;
      return answer(200, { user: ME });
    }
    if (url.pathname === "/v1/auth/code") {
      if (body.code !== "123456") return refuse(401, "not_proved", "the code is not right, or was used: wait for the next");
      open = true;
      return answer(200, { user: ME });
    }
    if (url.pathname === "/v1/auth/addresses/redeem") return body.token === "good" ? answer(204) : refuse(410, "mailed_link_gone", "this link was used, or is too old: ask for another");
    if (url.pathname === "/v1/auth/providers") return answer(200, { providers });
    if (url.pathname.startsWith("/v1/auth/external/")) return answer(200, { url: "/sign-in?problem=provider_away" });
    if (!open) return refuse(401, "not_signed_in", "sign in first");
    if (url.pathname === "/v1/me/sign-in") return answer(200, signingIn);
    if (url.pathname === "/v1/auth/proof") {
      if ((body.password ?? body.code).startsWith("wrong")) return refuse(401, "not_proved", "that is not right");
      proved = true;
      return answer(204);
    }
    if (["/v1/me/password", "/v1/me/address", "/v1/me/codes", "/v1/me/erasure"].includes(url.pathname) && !proved) {
      return refuse(403, "proof_needed", "show first that it is you: with your password or a code, or by signing in again");
    }
    if (url.pathname === "/v1/me/password") return answer(204);
    if (url.pathname === "/v1/me/address") return answer(202);
    if (url.pathname === "/v1/me/codes") {
      if (request.method === "POST") return answer(200, { secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", url: "otpauth://totp/Attune:maria%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Attune" });
      signingIn = { ...signingIn, codes: false, recovery_codes: 0 };
      return answer(204);
    }
    if (url.pathname === "/v1/me/codes/confirm") {
      if (body.code !== "123456") return refuse(401, "not_proved", "the code is not right, or was used: wait for the next");
      signingIn = { ...signingIn, codes: true, recovery_codes: 10 };
      return answer(200, { recovery_codes: Array.from({ length: 10 }, (_, index) => `3f9a${index}-b72c4-11de8-90a5f`) });
    }
    if (url.pathname === "/v1/auth/logout") {
      open = false;
      return answer(204);
    }
    if (url.pathname === "/v1/me") return answer(200, ME);
    if (url.pathname === "/v1/me/identities") {
      if (request.method === "POST") return answer(200, { url: "/settings?problem=identity_taken" });
      return answer(200, { identities });
    }
    if (url.pathname.startsWith("/v1/me/identities/")) {
      if (identities.length === 1) return refuse(409, "last_way_in", "this is the last way in to this account: link another first");
      identities = identities.filter(({ id }) => !url.pathname.endsWith(id));
      return answer(204);
    }
    if (url.pathname === "/v1/me/speech") {
      if (request.method === "PUT") speech = body;
      return answer(200, speech);
    }
    if (url.pathname === "/v1/me/retention") {
      if (request.method === "PUT") {
        const chosen = new Map(body.choices.map((/** @type {{kind: string, days: number | null}} */ choice) => [choice.kind, choice.days]));
        retention = retention.map((kept) => ({ ...kept, chosen: chosen.has(kept.kind), days: chosen.has(kept.kind) ? (chosen.get(kept.kind) ?? null) : kept.default_days }));
      }
      return answer(200, { kinds: retention });
    }
    if (url.pathname === "/v1/me/acts") return answer(200, { acts, next_cursor: null });
    if (url.pathname === "/v1/me/retention/runs") return answer(200, { runs: nights });
    if (url.pathname === "/v1/organisation") {
      if (request.method === "PATCH") organisation.remote_recognition = body.remote_recognition;
      return answer(200, organisation);
    }
    if (url.pathname === "/v1/consents") {
      if (request.method === "GET") return answer(200, { consents, audio_days: 30 });
      consents = [...consents.filter(({ kind }) => kind !== body.kind), { ...body, created_at: now.toISOString() }];
      return answer(201, consents.at(-1));
    }
    if (url.pathname === "/v1/heart-recordings") {
      if (request.method === "GET") return answer(200, { recordings: hearts });
      hearts = [heartRecording(7, now.toISOString(), 42, { recordings: 6, from_ms: 34.1, to_ms: 46.8, standing: "usual" }), ...hearts];
      return answer(201, hearts[0]);
    }
    if (url.pathname.startsWith("/v1/heart-recordings/")) {
      hearts = hearts.filter(({ id }) => !url.pathname.endsWith(id));
      return answer(204);
    }
    if (url.pathname === "/v1/me/erasure") {
      open = false;
      return answer(200, { receipt: "{}", signature: "", key_id: 1, public: "" });
    }
    if (url.pathname === "/v1/exports") {
      if (request.method === "GET") return answer(200, { exports });
      exports = [{ id: "01936f00-0000-7000-8000-0000000000e2", state: "running", meetings: 29, meetings_done: 11, bytes: 4_000_000, created_at: now.toISOString(), expires_at: on(-7, "09:00") }, ...exports];
      return answer(202, exports[0]);
    }
    if (url.pathname.startsWith("/v1/exports/")) {
      exports = exports.filter(({ id }) => !url.pathname.endsWith(id));
      return answer(204);
    }
    if (url.pathname === "/v1/devices") return answer(200, { devices });
    if (url.pathname.startsWith("/v1/devices/")) {
      devices = devices.filter(({ id }) => !url.pathname.endsWith(id));
      return answer(204);
    }
    if (url.pathname === "/v1/sign-ins") {
      if (request.method === "GET") return answer(200, { sign_ins: signIns });
      signIns = signIns.filter(({ current }) => current);
      return answer(204);
    }
    if (url.pathname.startsWith("/v1/sign-ins/")) {
      signIns = signIns.filter(({ id }) => !url.pathname.endsWith(id));
      return answer(204);
    }
    if (url.pathname === "/v1/meetings") {
      const from = Number(url.searchParams.get("cursor") ?? "0");
      const limit = Number(url.searchParams.get("limit") ?? "20");
      return answer(200, { meetings: meetings.slice(from, from + limit), next_cursor: from + limit < meetings.length ? String(from + limit) : null });
    }
    const [, , , id, rest] = url.pathname.split("/");
    const found = meetings.find((candidate) => candidate.id === id);
    if (found === undefined) return refuse(404, "not_found", "there is no such meeting");
    if (rest === "live-tickets") return answer(200, { ticket: "mock", expires_in_s: 30 });
    if (rest === "report") {
      if (found.report_version === null) return refuse(404, "report_not_ready", "the report is not made yet");
      const shown = found.state === "suspended" ? incompleteReport : reportWith({ version: report.record.version + corrections.size }, lately(report));
      const utterances = shown.record.utterances.map((said) => ({ ...said, ...corrections.get(said.id) }));
      return answer(200, { ...shown, record: { ...shown.record, utterances }, meeting_id: found.id });
    }
    if (rest === "stored") return answer(200, STORED);
    if (rest === "audio" || rest === "nudges") return answer(204);
    if (rest === "utterances") {
      const segment = url.pathname.split("/")[5] ?? "";
      const heard = report.record.utterances.find((said) => said.id === segment);
      if (heard === undefined) return refuse(404, "not_found", "there is no such utterance");
      const corrected = corrections.get(segment)?.corrected ?? { version: 0, heard: heard.text };
      if (body.version !== corrected.version) return refuse(409, "outdated", "these words were put right elsewhere meanwhile; read the report again");
      const version = corrected.version + 1;
      const who = body.who === undefined ? {} : { participant: { name: body.who, confidence: 1, told_by: "person" } };
      corrections.set(segment, { text: body.text, low_confidence: false, corrected: { ...corrected, version }, ...who });
      return answer(200, { segment, version, text: body.text });
    }
    if (request.method === "PATCH") found.title = body.title;
    if (request.method === "DELETE") {
      meetings = meetings.filter((candidate) => candidate !== found);
      return answer(204);
    }
    return answer(200, found);
  });

  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => (offered.has("attune.live.v1") ? "attune.live.v1" : false) });
  sockets.on("connection", (socket, request) => {
    const url = new URL(request.url ?? "/", "http://mock");
    const after = Number(url.searchParams.get("after") ?? "0");
    /** @param {number | null} number @param {object} event */
    const send = (number, event) => {
      if (number === null || number > after) socket.send(JSON.stringify({ number, epoch: 1, event }));
    };
    const numbered = [...finals.map((final) => ({ at: final.t1_ms, event: final })), ...nudges.map((nudge) => ({ at: nudge.at_ms, event: nudge }))]
      .sort((a, b) => a.at - b.at)
      .map((entry, index) => ({ ...entry, number: index + 1 }));
    let at = url.pathname.endsWith(live.id) ? liveMs : durationMs;
    for (const { number, event } of numbered.filter((entry) => entry.at <= at)) send(number, event);
    const tick = () => {
      const speaking = finals.find((final) => final.t0_ms <= at && at < final.t1_ms);
      if (speaking !== undefined) {
        const said = speaking.words.filter((word) => word.t1_ms <= at).map((word) => word.text);
        const words = said.join(" ");
        send(null, { type: "speech", track: speaking.track, state: "start", at_ms: at });
        send(null, { type: "partial", segment: speaking.segment, speaker: speaking.speaker, revision: at, t0_ms: speaking.t0_ms, t1_ms: at, text: words, stable_len: said.slice(0, -3).join(" ").length });
      }
      send(null, { type: "measures", at_ms: at, measures: liveMeasures(at) });
      send(null, { type: "status", level: "normal", lag_ms: 0, credit_ms: 60_000, samples });
      send(null, { type: "troubles", troubles });
      const decided = (speaking?.t0_ms ?? at) * 16;
      send(null, { type: "committed", stream: "mic", sample: decided, release_seq: 1 });
      send(null, { type: "committed", stream: "tab", sample: decided, release_seq: 1 });
    };
    tick();
    const timer = setInterval(() => {
      const before = at;
      at += 1000;
      for (const { number, event, at: when } of numbered) if (when > before && when <= at) send(number, event);
      tick();
      if (at >= durationMs) {
        send(numbered.length + 1, { type: "report_ready", version: 1 });
        socket.close(1000);
      }
    }, 1000);
    socket.on("close", () => clearInterval(timer));
  });

  await new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the mock server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(() => resolve(undefined)));
    },
  };
}

/**
 * @param {string} path
 * @param {import("node:http").ServerResponse} response
 */
function serveFile(path, response) {
  const asked = join(DIST, normalize(path));
  const file = asked.startsWith(DIST) && extname(asked) !== "" && existsSync(asked) ? asked : join(DIST, "index.html");
  const type = Object.entries(TYPES).find(([extension]) => extension === extname(file))?.[1] ?? "application/octet-stream";
  response.writeHead(200, { "content-type": type, "content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
  createReadStream(file).pipe(response);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startMockServer({ port: Number(process.argv[2] ?? "8099") });
  console.log(`${url}/sign-in#good`);
}
