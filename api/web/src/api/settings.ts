/** What is settled for a person, and for everybody in their space. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, server } from "./client";
import type { ConsentKind, Kept, Organisation, RetentionKind, Speech } from "./model";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => answered(server.GET("/v1/me", { signal })),
});

export const organisationQuery = queryOptions({
  queryKey: ["organisation"],
  queryFn: ({ signal }) => answered(server.GET("/v1/organisation", { signal })),
});

export const consentsQuery = queryOptions({
  queryKey: ["consents"],
  queryFn: ({ signal }) => answered(server.GET("/v1/consents", { signal })),
});

export const speechQuery = queryOptions({
  queryKey: ["speech"],
  queryFn: ({ signal }) => answered(server.GET("/v1/me/speech", { signal })),
});

/** Says anew what is to be known of the person's own speech, all of it. */
export async function changeSpeech(speech: Speech): Promise<Speech> {
  return answered(server.PUT("/v1/me/speech", { body: speech }));
}

export const actsQuery = infiniteQueryOptions({
  queryKey: ["acts"],
  queryFn: ({ pageParam, signal }) => answered(server.GET("/v1/me/acts", { params: { query: pageParam === null ? {} : { cursor: pageParam } }, signal })),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor ?? null,
});

export const retentionQuery = queryOptions({
  queryKey: ["retention"],
  queryFn: ({ signal }) => answered(server.GET("/v1/me/retention", { signal })),
});

export const retentionRunsQuery = queryOptions({
  queryKey: ["retention-runs"],
  queryFn: ({ signal }) => answered(server.GET("/v1/me/retention/runs", { signal })),
});

/** For how long something is to be kept; no number of days is until the person deletes it. */
export interface RetentionChoice {
  kind: RetentionKind;
  days: number | null;
}

/** Chooses anew how long everything is kept: the default holds of what is not named. */
export async function changeRetention(choices: RetentionChoice[]): Promise<{ kinds: Kept[] }> {
  return answered(server.PUT("/v1/me/retention", { body: { choices } }));
}

/** Gives consent or takes it back. */
export async function giveConsent(kind: ConsentKind, granted: boolean): Promise<void> {
  await answered(server.POST("/v1/consents", { body: { kind, granted } }));
}

/** Allows speech to be recognized elsewhere, or forbids it, for everybody in the space. */
export async function allowRemoteRecognition(allowed: boolean): Promise<Organisation> {
  return answered(server.PATCH("/v1/organisation", { body: { remote_recognition: allowed } }));
}
