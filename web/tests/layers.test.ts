/** The linter rejects an import from a lower layer of web/src to a higher one. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";

const WEB = fileURLToPath(new URL("..", import.meta.url));
/** From low to high; folders of the same layer do not import each other. */
const LAYERS: readonly (readonly string[])[] = [
  ["core"],
  ["history"],
  ["stream"],
  ["store"],
  ["map"],
  ["charts"],
  ["panels", "table", "find", "time"],
];
const FOLDERS = LAYERS.flat();

let project: string;
/** The planted files that the linter rejects, as `folder/target`. */
let rejected: ReadonlySet<string>;

/** Plants one file per folder and target, and lints them all with the page's configuration. */
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "layers-"));
  cpSync(join(WEB, "biome.json"), join(project, "biome.json"));
  for (const folder of FOLDERS) {
    mkdirSync(join(project, "src", folder), { recursive: true });
    for (const target of FOLDERS) {
      plant(folder, target, `../${target}/other.ts`);
    }
    plant(folder, "page", "../page.ts");
  }
  const { stdout } = spawnSync(
    join(WEB, "node_modules/.bin/biome"),
    ["lint", "--only=noRestrictedImports", "--reporter=json", "--max-diagnostics=none", "src"],
    { cwd: project, encoding: "utf8" },
  );
  const paths = [...stdout.matchAll(/"path":\s*"src\/([a-z]+\/[a-z]+)\.ts"/g)];
  rejected = new Set(paths.map(([, path]) => path as string));
  return () => rmSync(project, { recursive: true });
});

function plant(folder: string, name: string, target: string): void {
  writeFileSync(join(project, "src", folder, `${name}.ts`), `export * from "${target}";\n`);
}

test("every folder of src belongs to a layer", () => {
  const entries = readdirSync(join(WEB, "src"), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect([...FOLDERS].sort()).toEqual(folders.sort());
});

test.each(FOLDERS.map((folder) => [folder]))("%s imports lower layers only", (folder) => {
  const index = LAYERS.findIndex((layer) => layer.includes(folder));
  const allowed = FOLDERS.filter((target) => !rejected.has(`${folder}/${target}`));
  expect(allowed.filter((target) => target !== folder)).toEqual(LAYERS.slice(0, index).flat());
  expect(rejected).toContain(`${folder}/page`);
});
