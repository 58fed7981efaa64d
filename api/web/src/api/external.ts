/** Those who may vouch for a person: which there are, setting out to them, and whom a person has linked. */
import { queryOptions } from "@tanstack/react-query";
import { answered, server } from "./client";
import type { Provider, SetOut } from "./model";

export const providersQuery = queryOptions({
  queryKey: ["providers"],
  queryFn: ({ signal }) => answered(server.GET("/v1/auth/providers", { signal })),
});

export const identitiesQuery = queryOptions({
  queryKey: ["identities"],
  queryFn: ({ signal }) => answered(server.GET("/v1/me/identities", { signal })),
});

/** Sets out to sign in with a provider: the page to go to. */
export async function setOut(provider: Provider): Promise<SetOut> {
  return answered(server.POST("/v1/auth/external/{provider}", { params: { path: { provider } } }));
}

/** Sets out to have a provider vouch for the signed-in person. */
export async function setOutToLink(provider: Provider): Promise<SetOut> {
  return answered(server.POST("/v1/me/identities", { body: { provider } }));
}

/** Ends that somebody vouches for the person. */
export async function unlinkIdentity(id: string): Promise<void> {
  await answered(server.DELETE("/v1/me/identities/{id}", { params: { path: { id } } }));
}

/** Why somebody came back from a provider in vain, by the code in the address. */
const PROBLEMS: Record<string, string> = {
  attempt_gone: "It was used before, or took longer than ten minutes. Start again.",
  another_browser: "It was begun in another browser or tab. Start again, and stay in this one.",
  declined: "You did not agree there. Start again if you want to.",
  provider_away: "The account's provider does not answer. Try again in a minute.",
  not_vouched: "The account's provider did not confirm who you are. Start again; if it happens again, tell whoever runs this server.",
  sign_up_closed: "Nobody makes an account here by themselves. If you have one, sign in to it and link that account in the settings.",
  account_disabled: "Your account here is disabled. Ask whoever runs this server.",
  identity_taken: "That account belongs to somebody else here. Sign in with it, and unlink it there first.",
  signed_out: "You were signed out meanwhile. Sign in, and link it again.",
  too_many: "Too many people try to sign in just now. Try again in a minute.",
  failed: "Something did not work here. Try again in a minute.",
};

/** What a person is told; nothing for a code that there is none of. */
export function problemOf(code: string | undefined): string | undefined {
  return code !== undefined && Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code] : undefined;
}
