/** Where a person is signed in, and with what they record. */
import { queryOptions } from "@tanstack/react-query";
import { answered, server } from "./client";

export const devicesQuery = queryOptions({
  queryKey: ["devices"],
  queryFn: ({ signal }) => answered(server.GET("/v1/devices", { signal })),
});

export const signInsQuery = queryOptions({
  queryKey: ["sign-ins"],
  queryFn: ({ signal }) => answered(server.GET("/v1/sign-ins", { signal })),
});

/** Revokes a device: it records nothing more until it is enrolled again. */
export async function revokeDevice(id: string): Promise<void> {
  await answered(server.DELETE("/v1/devices/{id}", { params: { path: { id } } }));
}

/** Ends a sign-in. */
export async function endSignIn(id: string): Promise<void> {
  await answered(server.DELETE("/v1/sign-ins/{id}", { params: { path: { id } } }));
}

/** Ends every sign-in but this browser's. */
export async function endOtherSignIns(): Promise<void> {
  await answered(server.DELETE("/v1/sign-ins"));
}
