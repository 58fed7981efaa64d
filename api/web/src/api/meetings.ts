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

/** Puts the words of an utterance right. It names the correction that was read, so that nobody's is written over unseen. */
export async function correctUtterance(id: string, utterance: Utterance, text: string): Promise<Corrected> {
  const path = { id, segment: utterance.id };
  return answered(server.PUT("/v1/meetings/{id}/utterances/{segment}", { params: { path }, body: { text, version: utterance.corrected?.version ?? 0 } }));
}

/** The report as the server shows it from now on. Its measures follow with the next version. Pure. */
export function withCorrection(report: Report, { segment, version, text }: Corrected): Report {
  const utterances = report.record.utterances.map((utterance) =>
    utterance.id === segment ? { ...utterance, text, low_confidence: false, corrected: { version, heard: utterance.corrected?.heard ?? utterance.text } } : utterance,
  );
  return { ...report, record: { ...report.record, utterances } };
}

/** A ticket for one live socket, good for seconds. */
export async function liveTicket(id: string, signal: AbortSignal): Promise<string> {
  const { ticket } = await answered(server.POST("/v1/meetings/{id}/live-tickets", { params: { path: { id } }, signal }));
  return ticket;
}
