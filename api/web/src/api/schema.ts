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
      responses: { 200: Json<{ user: components["schemas"]["Me"] }>; 401: Failure };
    };
  };
  "/v1/auth/logout": { post: { parameters: None; requestBody?: never; responses: { 204: Empty; 401: Failure } } };
  "/v1/me": { get: { parameters: None; requestBody?: never; responses: { 200: Json<components["schemas"]["Me"]>; 401: Failure } } };
  "/v1/meetings": {
    get: {
      parameters: { query?: { cursor?: string; limit?: number }; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: { 200: Json<components["schemas"]["Meetings"]>; 401: Failure };
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
    post: { parameters: ById; requestBody?: never; responses: { 200: Json<{ ticket: string; expires_in_s: number }>; 404: Failure } };
  };
  "/v1/meetings/{id}/report": {
    get: {
      parameters: { query?: { version?: number }; header?: never; path: { id: string }; cookie?: never };
      requestBody?: never;
      responses: { 200: Json<components["schemas"]["MeetingReport"]>; 404: Failure };
    };
  };
}

export interface components {
  schemas: {
    ErrorBody: { error: { code: string; message: string; retryable: boolean; request_id: string; timestamp: string; details?: unknown } };
    Me: { id: string; tenant_id: string; role: string };
    MeetingType:
      | "discovery" | "demo" | "interviewer" | "candidate" | "one_on_one_manager" | "one_on_one_report"
      | "stand_up" | "presentation" | "internal_update" | "other";
    MeetingState: "scheduled" | "live" | "suspended" | "ended";
    Mode: "off" | "focus" | "balanced" | "practice";
    TalkShare: { me: number; them: number };
    Meeting: {
      id: string;
      title: string;
      meeting_type: components["schemas"]["MeetingType"];
      mode: components["schemas"]["Mode"];
      language: string;
      state: components["schemas"]["MeetingState"];
      others_told: boolean;
      created_at: string;
      started_at?: string | null;
      ended_at?: string | null;
      duration_ms: number;
      committed_ms: number;
      report_version?: number | null;
      talk_share?: null | components["schemas"]["TalkShare"];
    };
    Meetings: { meetings: components["schemas"]["Meeting"][]; next_cursor?: null | string };
    Speaker: "me" | "them" | "unknown";
    Track: "mic" | "tab";
    Word: { text: string; t0_ms: number; t1_ms: number; confidence: number };
    Final: { segment: string; track: components["schemas"]["Track"]; speaker: components["schemas"]["Speaker"]; t0_ms: number; t1_ms: number; words: components["schemas"]["Word"][]; voiced: { t0_ms: number; t1_ms: number }[]; model: string; flags?: string[] };
    Span: { t0_ms: number; t1_ms: number };
    Filler: { kind: "filled_pause" | "lexical"; at_ms: number; word: number; words: number };
    QuestionKind: "open" | "closed";
    Utterance: components["schemas"]["Span"] & {
      id: string;
      speaker: components["schemas"]["Speaker"];
      text: string;
      words: components["schemas"]["Word"][];
      ipus: components["schemas"]["Span"][];
      fillers: components["schemas"]["Filler"][];
      question?: null | components["schemas"]["QuestionKind"];
      low_confidence?: boolean;
    };
    Turn: components["schemas"]["Span"] & { speaker: components["schemas"]["Speaker"]; words: number; utterances: number[] };
    Gap: components["schemas"]["Span"] & { track: components["schemas"]["Track"]; reason: string };
    NudgeShown: { id: string; rule: string; headline: string; evidence: string; at_ms: number };
    Band: { low?: number | null; high?: number | null };
    Exposure: { have: number; need: number; unit: string };
    MeasureState: "ok" | "not_enough_speech" | "not_covered";
    Measure: {
      id: string;
      name: string;
      value?: number | null;
      unit: string;
      state: components["schemas"]["MeasureState"];
      exposure: components["schemas"]["Exposure"];
      target?: null | components["schemas"]["Band"];
      parts?: { [key: string]: number };
      note?: string | null;
    };
    Measures: components["schemas"]["Measure"][];
    RecognizerInfo: { name: string; version: string; model: string; languages: string[]; writes_fillers: boolean; weakness: string };
    Talk: { speaker: components["schemas"]["Speaker"]; seconds: number; share?: number | null; words: number };
    PacePoint: { at_ms: number; wpm?: number | null };
    Coverage: { track: components["schemas"]["Track"]; decoded_s: number; non_speech_s: number; suppressed_s: number; withheld_s: number; gap_s: number };
    Report: {
      version: number;
      incomplete: boolean;
      meeting_type: components["schemas"]["MeetingType"];
      recognizer: components["schemas"]["RecognizerInfo"];
      duration_ms: number;
      measures: components["schemas"]["Measures"];
      talk: components["schemas"]["Talk"][];
      pace: components["schemas"]["PacePoint"][];
      utterances: components["schemas"]["Utterance"][];
      turns: components["schemas"]["Turn"][];
      gaps: components["schemas"]["Gap"][];
      nudges: components["schemas"]["NudgeShown"][];
      coverage: components["schemas"]["Coverage"][];
    };
    MeetingReport: components["schemas"]["Report"] & { meeting_id: string; report_id: string; created_at: string; communication_score?: number | null };
    LiveMeasures: {
      at_ms: number;
      pace_wpm?: number | null;
      talk_share_me?: number | null;
      current_turn_ms: number;
      fillers_per_min?: number | null;
      filled_pauses_covered: boolean;
      words: number;
      questions: number;
    };
  };
}
