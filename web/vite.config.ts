/** Configures how Vite builds the page, serves it for development, and tests it. */

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { checkFirstView, firstViewScripts } from "./first-view.ts";

const server = process.env.MONITOR_URL ?? "http://localhost:8081";
const proxy = { "/sse": server, "/api": server, "/page.json": server };

/** Writes `.br` and `.gz` beside each built file, which the server sends as they are. */
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

/** Fails the build if the first view would load too much, and else states how much it is. */
function limitFirstView(): Plugin {
  return {
    name: "limit-first-view",
    apply: "build",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
      const entries = chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName);
      const sizes = new Map(
        firstViewScripts(bundle, entries).map((name) => {
          const chunk = bundle[name];
          return [name, chunk?.type === "chunk" ? gzipSync(chunk.code, { level: 9 }).length : 0];
        }),
      );
      this.info(`the scripts of the first view have ${checkFirstView(sizes)} bytes by gzip`);
    },
  };
}

const require = createRequire(import.meta.url);
const MAPLIBRE = dirname(require.resolve("maplibre-gl/package.json"));
const { version, license } = require("maplibre-gl/package.json") as Record<string, string>;
/** MapLibre's licence notice, which its sources lack. */
const NOTICE = `/*! MapLibre GL JS ${version}: ${license}, https://github.com/maplibre/maplibre-gl-js/blob/v${version}/LICENSE.txt */`;
const WORKER = "./worker.ts?worker&url";
/** What the worker may share with the page: MapLibre, and what prepares the ground for it. */
const SHARED = /node_modules\/(?!@deck\.gl|@luma\.gl|@math\.gl)|src\/map\/geography\.ts/;
/** What several parts of the page share, as one file rather than many small ones. */
const PARTS = /web\/src\/(?!map\/geography\.ts)/;

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
  // Relative addresses, so that the page works below any path of a proxy.
  base: "./",
  plugins: [shareWithWorker(), compress(), limitFirstView()],
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
        codeSplitting: {
          groups: [
            { name: "shared", minShareCount: 2, test: SHARED, priority: 1 },
            { name: "parts", minShareCount: 2, test: PARTS },
          ],
        },
        postBanner: ({ name }) => (name === "shared" ? NOTICE : ""),
      },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
