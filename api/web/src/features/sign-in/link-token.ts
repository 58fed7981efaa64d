/** The token of a sign-in link lives in the address's fragment, so that no server or proxy ever logs it. */

/** Takes the token out of the address and leaves none behind, in the bar or in the history. */
export function takeLinkToken(): string | null {
  const token = window.location.hash.replace(/^#/, "");
  if (token === "") return null;
  window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
  return token;
}
