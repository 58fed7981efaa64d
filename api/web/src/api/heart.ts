/** Recordings of the heart that a person uploads: what was computed of them. */
import { queryOptions } from "@tanstack/react-query";
import { answered, server } from "./client";
import type { HeartRecording } from "./model";

/** The largest file that the server takes. */
const FILE_BYTES = 2 * 1024 * 1024;

export const heartQuery = queryOptions({
  queryKey: ["heart"],
  queryFn: ({ signal }) => answered(server.GET("/v1/heart-recordings", { signal })),
});

/** Uploads a file of RR intervals: JSON where its name says so, else a table. */
export async function uploadHeartRecording(file: File): Promise<HeartRecording> {
  if (file.size > FILE_BYTES) throw new Error("The file is larger than 2 MB.");
  const type = file.name.toLowerCase().endsWith(".json") ? "application/json" : "text/csv";
  const body = await file.text();
  return answered(server.POST("/v1/heart-recordings", { body, bodySerializer: (text) => text, headers: { "content-type": type } }));
}

/** Deletes a recording. */
export async function deleteHeartRecording(id: string): Promise<void> {
  await answered(server.DELETE("/v1/heart-recordings/{id}", { params: { path: { id } } }));
}
