/** The options page: which server, and whether it answers. Nothing is kept that does not. */
import { askHealth, type Health } from "./health";
import { judgeAddress, keepServer, keptServer, LOCAL_SERVER } from "./server-address";

/** Wires the page's form; everything it set up ends with `signal`. */
export async function wireOptions(page: Document, signal: AbortSignal): Promise<void> {
  const form = found(page, "form", HTMLFormElement);
  const field = found(page, "server", HTMLInputElement);
  const result = found(page, "result", HTMLElement);
  const button = form.querySelector("button");
  field.placeholder = LOCAL_SERVER;

  const say = (kind: "good" | "bad" | "busy", text: string): void => {
    result.dataset["kind"] = kind;
    result.textContent = text;
    field.setAttribute("aria-invalid", String(kind === "bad"));
  };

  const check = async (): Promise<void> => {
    const judged = judgeAddress(field.value);
    if (!judged.ok) return say("bad", judged.problem);
    const host = { origins: [`${permissionHost(judged.origin)}/*`] };
    // Begun together, while the click still counts as the person's own gesture.
    const [had, granted] = await Promise.all([chrome.permissions.contains(host), chrome.permissions.request(host)]);
    if (!granted) return say("bad", "Without your permission the extension cannot reach that server. Nothing was saved.");
    let saved = false;
    try {
      saved = await askAndKeep(judged.origin);
    } finally {
      // A host that nothing was saved for is none of ours.
      if (!saved && !had) await chrome.permissions.remove(host);
    }
  };

  const askAndKeep = async (origin: string): Promise<boolean> => {
    say("busy", "Asking the server…");
    const health = await askHealth(origin, signal);
    if (health.kind !== "well") {
      say("bad", `${explain(health)} Nothing was saved.`);
      return false;
    }
    await keepServer(origin);
    field.value = origin;
    say("good", `Saved. The server answers; it runs version ${health.version}.`);
    return true;
  };

  form.addEventListener(
    "submit",
    (event) => {
      event.preventDefault();
      if (button !== null) button.disabled = true;
      void check()
        .catch(() => say("bad", "The browser refused. Nothing was saved."))
        .finally(() => {
          if (button !== null) button.disabled = false;
        });
    },
    { signal },
  );
  field.value = await keptServer();
}

/** A permission names no port. */
function permissionHost(origin: string): string {
  const { protocol, hostname } = new URL(origin);
  return `${protocol}//${hostname}`;
}

function explain(health: Exclude<Health, { kind: "well" }>): string {
  switch (health.kind) {
    case "unwell":
      return `The server is there but not well (${health.status}). See its terminal.`;
    case "stranger":
      return "Something answers there, but it is not an Attune server.";
    case "unreachable":
      return "Nothing answers there. Is the server running?";
  }
}

function found<T extends HTMLElement>(page: Document, id: string, kind: new () => T): T {
  const element = page.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`options.html has no ${kind.name} #${id}`);
  return element;
}

if (typeof chrome !== "undefined" && chrome.runtime?.id !== undefined) void wireOptions(document, new AbortController().signal);
