/** Signing in with an address, a password and a one-time code, and what a person signs in with. */
import { queryOptions } from "@tanstack/react-query";
import { answered, server } from "./client";
import type { CodesBegun, SigningInWith } from "./model";

export const waysInQuery = queryOptions({
  queryKey: ["ways-in"],
  queryFn: ({ signal }) => answered(server.GET("/v1/auth/ways", { signal })),
});

export const signingInWithQuery = queryOptions({
  queryKey: ["signing-in-with"],
  queryFn: ({ signal }): Promise<SigningInWith> => answered(server.GET("/v1/me/sign-in", { signal })),
});

/** How far somebody got: `code` is shown with a one-time code; without it they are signed in. */
export interface Progress {
  code: string | null;
}

interface CodeOrNot {
  code_token?: string;
}

function progress(answer: unknown): Progress {
  return { code: (answer as CodeOrNot).code_token ?? null };
}

export async function signInWithPassword(who: { address: string; password: string }): Promise<Progress> {
  return progress(await answered(server.POST("/v1/auth/sign-in", { body: who })));
}

export async function signInWithCode(what: { code_token: string; code: string }): Promise<void> {
  await answered(server.POST("/v1/auth/code", { body: what }));
}

/** Mails a link that makes an account. */
export async function askForSignUp(address: string): Promise<void> {
  await answered(server.POST("/v1/auth/sign-ups", { body: { address } }));
}

/** Mails a link that chooses another password. */
export async function askForPasswordReset(address: string): Promise<void> {
  await answered(server.POST("/v1/auth/password-resets", { body: { address } }));
}

/** A link's token, and the password that was chosen. */
export interface Chosen {
  token: string;
  password: string;
}

export async function signUp(chosen: Chosen): Promise<Progress> {
  return progress(await answered(server.POST("/v1/auth/sign-ups/redeem", { body: chosen })));
}

export async function resetPassword(chosen: Chosen): Promise<Progress> {
  return progress(await answered(server.POST("/v1/auth/password-resets/redeem", { body: chosen })));
}

export async function confirmAddress(token: string): Promise<void> {
  await answered(server.POST("/v1/auth/addresses/redeem", { body: { token } }));
}

/** Shows that it is the person, for what is dangerous. */
export async function prove(proof: { password: string } | { code: string }): Promise<void> {
  await answered(server.POST("/v1/auth/proof", { body: proof }));
}

export async function changePassword(password: string): Promise<void> {
  await answered(server.PUT("/v1/me/password", { body: { password } }));
}

/** Mails a link to an address that the person wants to sign in with. */
export async function askForAddress(address: string): Promise<void> {
  await answered(server.POST("/v1/me/address", { body: { address } }));
}

export async function beginCodes(): Promise<CodesBegun> {
  return answered(server.POST("/v1/me/codes"));
}

/** Shows a first code: the recovery codes. */
export async function confirmCodes(code: string): Promise<string[]> {
  const { recovery_codes } = await answered(server.POST("/v1/me/codes/confirm", { body: { code } }));
  return recovery_codes;
}

export async function endCodes(): Promise<void> {
  await answered(server.DELETE("/v1/me/codes"));
}
