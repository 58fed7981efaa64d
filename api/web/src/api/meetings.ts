/** Meetings, their reports, and what may be done to them. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, server } from "./client";
import { ApiFailure } from "./failure";
import type { Meeting, Report, Utterance } from "./model";

/** A screen and a half at 1280 pixels. */
const PAGE = 20;
/** A list that shows a meeting under way, or about to be, is asked again this often. */
const LIVE_REFRESH_MS = 5_000;

export const meetingListQuery = infiniteQueryOptions({
  queryKey: ["meetings"],
  queryFn: ({ pageParam, signal }) =>
    answered(server.GET("/v1/meetings", { params: { query: pageParam === null ? { limit: PAGE } : { limit: PAGE, cursor: pageParam } }, signal })),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor ?? null,
  refetchInterval: ({ state }) =>
    state.data?.pages.some((page) => page.meetings.some(({ state: stands }) => stands === "live" || stands === "scheduled")) === true ? LIVE_REFRESH_MS : false,
});

export function meetingQuery(id: string) {
  return queryOptions({
    queryKey: ["meetings", id],
    queryFn: ({ signal }) => answered(server.GET("/v1/meetings/{id}", { params: { path: { id } }, signal })),
  });
}

/** The newest report; `null` while there is none, which is an answer and no failure. */
export function reportQuery(id: string) {
  return queryOptions({
    queryKey: ["meetings", id, "report"],
    queryFn: ({ signal }) => answered(server.GET("/v1/meetings/{id}/report", { params: { path: { id } }, signal })).catch(noneYet),
    staleTime: ({ state: { data } }): number => (data === null ? 0 : 60_000),
  });
}

function noneYet(error: unknown): null {
  if (error instanceof ApiFailure && error.code === "report_not_ready") return null;
  throw error;
}

/** What is stored of a meeting. */
export function storedQuery(id: string) {
  return queryOptions({
    queryKey: ["meetings", id, "stored"],
    queryFn: ({ signal }) => answered(server.GET("/v1/meetings/{id}/stored", { params: { path: { id } }, signal })),
  });
}

/** Destroys what is kept of a meeting's audio. */
export async function deleteAudio(id: string): Promise<void> {
  await answered(server.DELETE("/v1/meetings/{id}/audio", { params: { path: { id } } }));
}

/** What the person makes of a nudge that was shown. */
export async function reactToNudge(id: string, nudge: string, reaction: "helpful" | "dismissed"): Promise<void> {
  await answered(server.PUT("/v1/meetings/{id}/nudges/{nudge}/reaction", { params: { path: { id, nudge } }, body: { reaction } }));
}

/** The report with what the person makes of a nudge. Pure. */
export function withReaction(report: Report, nudge: string, reaction: "helpful" | "dismissed"): Report {
  const nudges = report.coaching.nudges.map((shown) => (shown.id === nudge ? { ...shown, reaction } : shown));
  return { ...report, coaching: { ...report.coaching, nudges } };
}

export async function renameMeeting(id: string, title: string): Promise<Meeting> {
  return answered(server.PATCH("/v1/meetings/{id}", { params: { path: { id } }, body: { title } }));
}

export async function deleteMeeting(id: string): Promise<void> {
  await answered(server.DELETE("/v1/meetings/{id}", { params: { path: { id } } }));
}

/** What the server says of words that were put right. */
export interface Corrected {
  segment: string;
  version: number;
  text: string;
  /** The report as it was: the measures that follow from these words come with a later version. */
  report_version?: number | null;
}

/** Puts the words of an utterance right, and who said them where a name is given. It names the correction that was read, so that nobody's is written over unseen. */
export async function correctUtterance(id: string, utterance: Utterance, text: string, who: string | null): Promise<Corrected> {
  const path = { id, segment: utterance.id };
  const body = { text, version: utterance.corrected?.version ?? 0, ...(who === null ? {} : { who }) };
  return answered(server.PUT("/v1/meetings/{id}/utterances/{segment}", { params: { path }, body }));
}

/** The report as the server shows it from now on. Its measures follow with the next version. Pure. */
export function withCorrection(report: Report, { segment, version, text }: Corrected, who: string | null): Report {
  const utterances = report.record.utterances.map((utterance) =>
    utterance.id === segment
      ? {
          ...utterance,
          text,
          low_confidence: false,
          corrected: { version, heard: utterance.corrected?.heard ?? utterance.text },
          ...(who === null ? {} : { participant: { name: who, confidence: 1, told_by: "person" as const } }),
        }
      : utterance,
  );
  return { ...report, record: { ...report.record, utterances } };
}

/** A ticket for one live socket, good for seconds. */
export async function liveTicket(id: string, signal: AbortSignal): Promise<string> {
  const { ticket } = await answered(server.POST("/v1/meetings/{id}/live-tickets", { params: { path: { id } }, signal }));
  return ticket;
}
