/** Written by hand from the contract until the server's OpenAPI document exists; then generated. */

type Json<T> = { headers: Record<string, unknown>; content: { "application/json": T } };
type Failure = Json<components["schemas"]["ErrorBody"]>;
type Empty = { headers: Record<string, unknown>; content?: never };
type None = { query?: never; header?: never; path?: never; cookie?: never };
type ById = { query?: never; header?: never; path: { id: string }; cookie?: never };

export interface paths {
  "/v1/auth/login-links/redeem": {
    post: {
      parameters: None;
      requestBody: { content: { "application/json": { token: string } } };
      responses: { 200: Json<{ user: components["schemas"]["User"] }>; 401: Failure };
    };
  };
  "/v1/auth/logout": { post: { parameters: None; requestBody?: never; responses: { 204: Empty; 401: Failure } } };
  "/v1/me": { get: { parameters: None; requestBody?: never; responses: { 200: Json<components["schemas"]["User"]>; 401: Failure } } };
  "/v1/meetings": {
    get: {
      parameters: { query?: { cursor?: string; limit?: number }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: { 200: Json<components["schemas"]["MeetingPage"]>; 401: Failure };
    };
  };
  "/v1/meetings/{id}": {
    get: { parameters: ById; requestBody?: never; responses: { 200: Json<components["schemas"]["Meeting"]>; 404: Failure } };
    patch: {
      parameters: ById;
      requestBody: { content: { "application/json": { title: string } } };
      responses: { 200: Json<components["schemas"]["Meeting"]>; 404: Failure };
    };
    delete: { parameters: ById; requestBody?: never; responses: { 204: Empty; 404: Failure } };
  };
  "/v1/meetings/{id}/live-tickets": {
    post: { parameters: ById; requestBody?: never; responses: { 201: Json<{ ticket: string }>; 404: Failure } };
  };
  "/v1/meetings/{id}/report": {
    get: {
      parameters: { query?: { version?: number }; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: { 200: Json<components["schemas"]["Report"]>; 404: Failure };
    };
  };
}

export interface components {
  schemas: {
    ErrorBody: { error: { code: string; message: string; retryable: boolean; request_id: string; timestamp: string; details?: unknown } };
    User: { id: string; display_name: string };
    MeetingType:
      | "discovery" | "demo" | "interviewer" | "candidate" | "one_on_one_manager" | "one_on_one_report"
      | "stand_up" | "presentation" | "internal_update" | "other";
    MeetingState: "scheduled" | "live" | "suspended" | "ended";
    Meeting: {
      id: string;
      title: string;
      meeting_type: components["schemas"]["MeetingType"];
      state: components["schemas"]["MeetingState"];
      started_at: string | null;
      ended_at: string | null;
      duration_ms: number;
      committed_ms: number;
      report_version: number | null;
      talk_share?: { me: number; them: number } | null;
    };
    MeetingPage: { meetings: components["schemas"]["Meeting"][]; next_cursor: string | null };
    Speaker: "me" | "them" | "unknown";
    Track: "mic" | "tab";
    Word: { text: string; t0_ms: number; t1_ms: number; confidence: number };
    Final: { segment: string; track: components["schemas"]["Track"]; speaker: components["schemas"]["Speaker"]; t0_ms: number; t1_ms: number; words: components["schemas"]["Word"][]; voiced: { t0_ms: number; t1_ms: number }[]; model: string; flags?: string[] };
    Utterance: { id: string; speaker: components["schemas"]["Speaker"]; t0_ms: number; t1_ms: number; text: string; words: components["schemas"]["Word"][] };
    Turn: { speaker: components["schemas"]["Speaker"]; t0_ms: number; t1_ms: number };
    Gap: { track: components["schemas"]["Track"]; t0_ms: number; t1_ms: number; reason: string };
    Nudge: { id: string; rule: string; headline: string; evidence: string; at_ms: number; expires_at_ms: number };
    Target: { min?: number | null; max?: number | null };
    Exposure: { have: number; need: number; unit: string };
    Part: { name: string; value: number; unit: string };
    Measure: {
      id: string;
      name: string;
      value: number | null;
      unit: string;
      state: "ok" | "not_enough_speech" | "not_covered";
      exposure: components["schemas"]["Exposure"];
      target: components["schemas"]["Target"] | null;
      parts: components["schemas"]["Part"][];
    };
    RecognizerInfo: { name: string; version: string; model: string; languages: string[]; writes_fillers: boolean; weakness: string };
    TalkTime: { speaker: components["schemas"]["Speaker"]; seconds: number; share: number };
    PacePoint: { at_ms: number; wpm: number };
    Coverage: { track: components["schemas"]["Track"]; decoded_s: number; non_speech_s: number; suppressed_s: number; withheld_s: number; gap_s: number };
    Report: {
      version: number;
      incomplete: boolean;
      recognizer: components["schemas"]["RecognizerInfo"];
      duration_ms: number;
      measures: components["schemas"]["Measure"][];
      talk: components["schemas"]["TalkTime"][];
      pace: components["schemas"]["PacePoint"][];
      utterances: components["schemas"]["Utterance"][];
      turns: components["schemas"]["Turn"][];
      gaps: components["schemas"]["Gap"][];
      nudges: components["schemas"]["Nudge"][];
      coverage: components["schemas"]["Coverage"][];
    };
    LiveMeasures: {
      at_ms: number;
      pace: components["schemas"]["Measure"];
      talk_share: components["schemas"]["Measure"];
      fillers: components["schemas"]["Measure"];
      turn: { speaker: components["schemas"]["Speaker"]; started_ms: number } | null;
    };
  };
}
