/** The browser test against a running server: `ATTUNE_URL` and, for a server that asks, `ATTUNE_SIGN_IN` (a sign-in link). */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { environment: "node", include: ["e2e/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false, expect: { poll: { timeout: 15_000 } } },
});
