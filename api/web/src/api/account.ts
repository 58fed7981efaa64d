/** How being signed in begins and ends, and the account with it. */
import { answered, server } from "./client";
import type { ErasureReceipt } from "./model";

/** Exchanges a sign-in link's token for the session cookie. A token works once. */
export async function redeemLoginLink(token: string): Promise<void> {
  await answered(server.POST("/v1/auth/login-links/redeem", { body: { token } }));
}

export async function signOut(): Promise<void> {
  await answered(server.POST("/v1/auth/logout"));
}

/** What a person types who means it. */
export const ERASE_EVERYTHING = "erase everything";

/** Erases everything of the person, and the account. */
export async function eraseEverything(): Promise<ErasureReceipt> {
  return answered(server.POST("/v1/me/erasure", { body: { confirm: ERASE_EVERYTHING } }));
}
