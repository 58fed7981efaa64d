/** Who is signed in, and how that begins and ends. */
import { queryOptions } from "@tanstack/react-query";
import { answered, server } from "./client";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => answered(server.GET("/v1/me", { signal })),
  staleTime: 5 * 60_000,
});

/** Exchanges a sign-in link's token for the session cookie. A token works once. */
export async function redeemLoginLink(token: string): Promise<void> {
  await answered(server.POST("/v1/auth/login-links/redeem", { body: { token } }));
}

export async function signOut(): Promise<void> {
  await answered(server.POST("/v1/auth/logout"));
}
