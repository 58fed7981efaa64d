/** How the web app is built: one hashed bundle that the server embeds and serves under a strict content security policy. */
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env["ATTUNE_URL"] ?? "http://127.0.0.1:4680";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    // The policy allows no data: URLs, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    target: "es2022",
  },
  server: { proxy: { "/v1": { target: server, ws: true } } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}", "test/**/*.test.{ts,tsx}"],
    setupFiles: ["test/setup.ts"],
    // Two cores are shared with the Rust build.
    maxWorkers: 2,
    testTimeout: 60_000,
    restoreMocks: true,
  },
});
