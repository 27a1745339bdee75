/** One line with the server's reason why data are late, or why they may be wrong. */

import { element, putInto } from "../core/elements.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import { type Readiness, reasonToShow } from "../stream/readiness.ts";

/** Polls `readiness` and shows its reason; in the past nothing is late. */
export function renderLateReason(store: Store, readiness: Readiness): void {
  watch(
    () => [store.seconds.value, store.isLive.value, store.isLate.value] as const,
    ([, isLive, isLate]) => {
      readiness.refresh(isLate);
      const reason = isLive ? reasonToShow(readiness.reasons, isLate) : "";
      putInto("reason", reason);
      element("reason").hidden = reason === "";
    },
  );
}
