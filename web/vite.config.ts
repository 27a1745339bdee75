/** How the page is built, and served while it is being written. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const server = process.env.MONITOR_URL ?? "http://localhost:8081";
const proxy = { "/sse": server, "/api": server, "/page.json": server };

/** Puts `.br` and `.gz` beside what is built: the server has them at hand. */
function compress(): Plugin {
  return {
    name: "compress",
    apply: "build",
    writeBundle({ dir = "" }, bundle) {
      for (const name of Object.keys(bundle)) {
        const path = join(dir, name);
        const content = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(content));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [compress()],
  server: { proxy, fs: { allow: [".."] } },
  preview: { proxy },
  // deck.gl has a build without WebGPU, which nothing here uses.
  resolve: { conditions: ["visgl:webgl-only", "module", "browser", "development|production"] },
  worker: { format: "es" },
  build: {
    target: "es2023",
    chunkSizeWarningLimit: 2000,
    assetsInlineLimit: 0,
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
