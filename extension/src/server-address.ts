/** The address of a person's Attune server: read, judged, kept. */

/** Where `make run` serves on the same machine. */
export const LOCAL_SERVER = "http://127.0.0.1:4680";

const KEY = "server";

export type Judged = { ok: true; origin: string } | { ok: false; problem: string };

/** What was typed, with a scheme. A server on this machine has no certificate. */
function withScheme(text: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  return /^(127\.0\.0\.1|localhost)(?![\w.-])/i.test(text) ? `http://${text}` : `https://${text}`;
}

/** The origin in what was typed, or what is wrong with it. Only TLS may leave the machine. */
export function judgeAddress(typed: string): Judged {
  const text = typed.trim();
  if (text === "") return { ok: false, problem: "Type the address of your server." };
  let url: URL;
  try {
    url = new URL(withScheme(text));
  } catch {
    return { ok: false, problem: "That is not an address." };
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return { ok: false, problem: "The address must begin with https://." };
  if (url.username !== "" || url.password !== "") return { ok: false, problem: "Leave the name and password out of the address." };
  const local = url.hostname === "127.0.0.1" || url.hostname === "localhost";
  if (url.protocol === "http:" && !local) return { ok: false, problem: "Use https://. Only a server on this machine may do without." };
  return { ok: true, origin: url.origin };
}

/** The server that was kept, or the one on this machine. */
export async function keptServer(): Promise<string> {
  const kept = await chrome.storage.local.get(KEY);
  const judged = judgeAddress(typeof kept[KEY] === "string" ? kept[KEY] : LOCAL_SERVER);
  return judged.ok ? judged.origin : LOCAL_SERVER;
}

export async function keepServer(origin: string): Promise<void> {
  await chrome.storage.local.set({ [KEY]: origin });
}
