/** Adds up what the first view loads, and lets a build fail that makes it load too much. */

/** What Rolldown says of a written file; only chunks have imports. */
export interface Written {
  type: "chunk" | "asset";
  imports?: readonly string[];
  dynamicImports?: readonly string[];
}

/** The limit of all scripts of the first view, compressed by gzip, in bytes. */
export const MAX_FIRST_VIEW_BYTES = 650_000;

/**
 * Returns the names of the scripts that the page loads without being asked: the entry points, what
 * they import, and what they load by themselves as their next step.
 *
 * @param entries The page's script and its map worker, which have no step in common.
 */
export function firstViewScripts(
  bundle: Readonly<Record<string, Written>>,
  entries: readonly string[],
): string[] {
  const steps = entries.flatMap((name) => [name, ...(bundle[name]?.dynamicImports ?? [])]);
  const found = new Set<string>();
  const add = (name: string): void => {
    if (!found.has(name)) {
      found.add(name);
      (bundle[name]?.imports ?? []).forEach(add);
    }
  };
  steps.forEach(add);
  return [...found].sort();
}

/**
 * Returns the sum of the sizes in bytes.
 *
 * @throws Error The sum is above the limit; the message names each script.
 */
export function checkFirstView(sizes: ReadonlyMap<string, number>): number {
  const sum = [...sizes.values()].reduce((total, size) => total + size, 0);
  if (sum > MAX_FIRST_VIEW_BYTES) {
    const list = [...sizes].map(([name, size]) => `${name} ${size}`).join(", ");
    throw new Error(
      `the scripts of the first view have ${sum} bytes by gzip, more than ${MAX_FIRST_VIEW_BYTES}: ` +
        `load what opens later by a dynamic import (${list})`,
    );
  }
  return sum;
}
