/** Configures how Vite builds the page, serves it for development, and tests it. */

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const server = process.env.MONITOR_URL ?? "http://localhost:8081";
const proxy = { "/sse": server, "/api": server, "/page.json": server };

/** Writes `.br` and `.gz` beside each built file, which the server sends as they are. */
function compress(): Plugin {
  return {
    name: "compress",
    apply: "build",
    writeBundle({ dir = "" }, bundle) {
      // The binary files are compressed already.
      for (const name of Object.keys(bundle).filter((one) => !one.endsWith(".bin"))) {
        const path = join(dir, name);
        const content = readFileSync(path);
        writeFileSync(`${path}.br`, brotliCompressSync(content));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

const require = createRequire(import.meta.url);
const MAPLIBRE = dirname(require.resolve("maplibre-gl/package.json"));
const { version, license } = require("maplibre-gl/package.json") as Record<string, string>;
/** MapLibre's licence notice, which its sources lack. */
const NOTICE = `/*! MapLibre GL JS ${version}: ${license}, https://github.com/maplibre/maplibre-gl-js/blob/v${version}/LICENSE.txt */`;
const WORKER = "./worker.ts?worker&url";

/**
 * Builds MapLibre and its worker from their sources, with shared chunks. Its own two bundles contain
 * most of the library twice, which would be a fifth of what the page loads.
 */
function shareWithWorker(): Plugin {
  const source = (path: string) => join(MAPLIBRE, "src", path);
  let worker = "";
  return {
    name: "share-with-worker",
    apply: "build",
    enforce: "pre",
    buildStart() {
      const id = join(import.meta.dirname, "src/map/worker.ts");
      worker = this.emitFile({ type: "chunk", id, name: "map-worker" });
    },
    resolveId(id) {
      const places: Record<string, string> = {
        "maplibre-gl": source("index.ts"),
        "maplibre-gl/dist/maplibre-gl-worker.mjs": source("source/worker.ts"),
        [WORKER]: "\0worker-url",
      };
      return places[id] ?? null;
    },
    load(id) {
      if (id === "\0worker-url") {
        return `export default import.meta.ROLLUP_FILE_URL_${worker};`;
      }
      return id === join(MAPLIBRE, "package.json") ? JSON.stringify({ version, license }) : null;
    },
  };
}

export default defineConfig({
  assetsInclude: ["**/*.bin"],
  // Relative addresses, so that the page works below any path of a proxy.
  base: "./",
  plugins: [shareWithWorker(), compress()],
  server: { proxy, fs: { allow: [".."] } },
  preview: { proxy },
  // deck.gl's build without WebGPU, which the page does not use.
  resolve: { conditions: ["visgl:webgl-only", "module", "browser", "development|production"] },
  // MapLibre's sources expect that a field that is only declared keeps the value set by its parent class.
  oxc: { typescript: { removeClassFieldsWithoutInitializer: true } },
  worker: { format: "es" },
  build: {
    target: "es2023",
    chunkSizeWarningLimit: 2000,
    assetsInlineLimit: 0,
    rolldownOptions: {
      checks: { pluginTimings: false },
      output: {
        codeSplitting: { groups: [{ name: "shared", minShareCount: 2 }] },
        postBanner: ({ name }) => (name === "shared" ? NOTICE : ""),
      },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
