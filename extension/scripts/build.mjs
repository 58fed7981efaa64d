/** Builds the unpacked extension into `dist/`: two bundles, the page, the icons and the manifest. */
import { cp, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL("..", import.meta.url));
const dist = `${here}dist`;

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build({
  entryPoints: { "service-worker": `${here}src/service-worker.ts`, options: `${here}src/options.ts` },
  outdir: dist,
  bundle: true,
  format: "esm",
  target: "chrome133",
  legalComments: "none",
});
for (const file of ["manifest.json", "icons"]) await cp(`${here}${file}`, `${dist}/${file}`, { recursive: true });
for (const file of ["options.html", "options.css"]) await cp(`${here}src/${file}`, `${dist}/${file}`);
