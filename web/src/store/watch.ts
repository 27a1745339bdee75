/** Effects with explicit dependencies. */

import { effect, untracked } from "@preact/signals-core";

/**
 * Calls `render` with what `read` returns, at once and whenever a signal that `read` reads changes.
 *
 * Signals that `render` itself reads are no dependencies, so `render` may call anything.
 */
export function watch<Value>(read: () => Value, render: (value: Value) => void): void {
  effect(() => {
    const value = read();
    untracked(() => render(value));
  });
}
