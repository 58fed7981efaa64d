/** What is settled for a person, and for everybody in their space. */
import { queryOptions } from "@tanstack/react-query";
import { answered, server } from "./client";
import type { ConsentKind, Organisation, Speech } from "./model";

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

/** Gives consent or takes it back. */
export async function giveConsent(kind: ConsentKind, granted: boolean): Promise<void> {
  await answered(server.POST("/v1/consents", { body: { kind, granted } }));
}

/** Allows speech to be recognized elsewhere, or forbids it, for everybody in the space. */
export async function allowRemoteRecognition(allowed: boolean): Promise<Organisation> {
  return answered(server.PATCH("/v1/organisation", { body: { remote_recognition: allowed } }));
}
