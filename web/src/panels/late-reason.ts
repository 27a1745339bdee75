/** One line with the reason why data are late, may be wrong, or are missing in the past. */

import { element, putInto } from "../core/elements.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import { type Readiness, reasonToShow } from "../stream/readiness.ts";
import { emptyPastReason } from "./empty-past.ts";

/** Polls `readiness` and shows its reason; in the past nothing is late, but data may be missing. */
export function renderLateReason(store: Store, readiness: Readiness): void {
  watch(
    () => [store.seconds.value, store.isLive.value, store.isLate.value] as const,
    ([, isLive, isLate]) => {
      readiness.refresh(isLate);
      show(isLive ? reasonToShow(readiness.reasons, isLate) : reasonInPast(store));
    },
  );
  watch(
    () => [store.status.value, store.oldest.value, store.counts.value],
    () => {
      if (!store.isLive.value) {
        show(reasonInPast(store));
      }
    },
  );
}

function reasonInPast(store: Store): string {
  return emptyPastReason({
    now: store.now.value,
    oldest: store.oldest.value,
    aircraft: store.counts.value.aircraft,
    hasFilters: store.filters.value.size > 0,
    state: store.status.value.state,
  });
}

function show(reason: string): void {
  putInto("reason", reason);
  element("reason").hidden = reason === "";
}
