/** Archives of everything that is a person's. */
import { queryOptions } from "@tanstack/react-query";
import { answered, server } from "./client";
import type { Export } from "./model";

/** How often it is looked how far an archive is. */
const LOOK_EVERY_MS = 2_000;

const isUnderWay = ({ state }: Export): boolean => state !== "ready";

export const exportsQuery = queryOptions({
  queryKey: ["exports"],
  queryFn: ({ signal }) => answered(server.GET("/v1/exports", { signal })),
  refetchInterval: ({ state }) => (state.data?.exports.some(isUnderWay) === true ? LOOK_EVERY_MS : false),
});

/** Asks for an archive. */
export async function askForExport(): Promise<void> {
  await answered(server.POST("/v1/exports"));
}

/** Destroys an archive, or stops one that is being made. */
export async function deleteExport(id: string): Promise<void> {
  await answered(server.DELETE("/v1/exports/{id}", { params: { path: { id } } }));
}

/** Where the archive itself is. */
export function exportAddress(id: string): string {
  return `/v1/exports/${id}/file`;
}
