/** The little of Chrome's extension API that the extension uses, kept in memory. */
import { vi } from "vitest";

type Listener<A> = (argument: A) => void;

export interface FakeChrome {
  stored: Record<string, unknown>;
  opened: string[];
  optionsOpened: number;
  grants: boolean;
  asked: string[];
  /** Hosts that it may reach beside those of the manifest. */
  granted: Set<string>;
  clickAction: () => void;
  install: (reason: string) => void;
}

/** Puts a fresh one in place. */
export function fakeChrome(): FakeChrome {
  const clicked: Listener<undefined>[] = [];
  const installed: Listener<{ reason: string }>[] = [];
  const fake: FakeChrome = {
    stored: {},
    opened: [],
    optionsOpened: 0,
    grants: true,
    asked: [],
    granted: new Set(),
    clickAction: () => clicked.forEach((listener) => listener(undefined)),
    install: (reason) => installed.forEach((listener) => listener({ reason })),
  };
  vi.stubGlobal("chrome", {
    storage: {
      local: {
        get: async (key: string) => (key in fake.stored ? { [key]: fake.stored[key] } : {}),
        set: async (entries: Record<string, unknown>) => void Object.assign(fake.stored, entries),
      },
    },
    tabs: { create: async ({ url }: { url: string }) => void fake.opened.push(url) },
    permissions: {
      request: async ({ origins }: { origins: string[] }) => {
        fake.asked.push(...origins);
        if (fake.grants) origins.forEach((origin) => fake.granted.add(origin));
        return fake.grants;
      },
      contains: async ({ origins }: { origins: string[] }) => origins.every((origin) => fake.granted.has(origin)),
      remove: async ({ origins }: { origins: string[] }) => origins.map((origin) => fake.granted.delete(origin)).every(Boolean),
    },
    action: { onClicked: { addListener: (listener: Listener<undefined>) => clicked.push(listener) } },
    runtime: {
      onInstalled: { addListener: (listener: Listener<{ reason: string }>) => installed.push(listener) },
      openOptionsPage: async () => void (fake.optionsOpened += 1),
    },
  });
  return fake;
}
