/** Light, dark, or as the system says; remembered in this browser only. `public/theme.js` applies it before the first paint. */

export type ThemeChoice = "system" | "light" | "dark";

const KEY = "attune.theme";

/** What the person chose last. */
export function chosenTheme(): ThemeChoice {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

/** Remembers a choice and shows it. */
export function chooseTheme(choice: ThemeChoice): void {
  try {
    if (choice === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // Storage may be blocked: the choice then lasts for this page.
  }
  applyTheme(choice);
}

/** Follows the system's preference for as long as `signal` lives and the choice is "system". */
export function followSystemTheme(signal: AbortSignal): void {
  darkQuery().addEventListener("change", () => applyTheme(chosenTheme()), { signal });
}

function applyTheme(choice: ThemeChoice): void {
  const dark = choice === "dark" || (choice === "system" && darkQuery().matches);
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
}

function darkQuery(): MediaQueryList {
  return window.matchMedia("(prefers-color-scheme: dark)");
}
