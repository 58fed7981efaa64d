/** How being signed in begins and ends. */
import { answered, server } from "./client";

/** Exchanges a sign-in link's token for the session cookie. A token works once. */
export async function redeemLoginLink(token: string): Promise<void> {
  await answered(server.POST("/v1/auth/login-links/redeem", { body: { token } }));
}

export async function signOut(): Promise<void> {
  await answered(server.POST("/v1/auth/logout"));
}
