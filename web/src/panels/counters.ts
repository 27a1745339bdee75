/** The numbers in the page's header. */

import { effect } from "@preact/signals-core";
import { element, putInto } from "../core/elements.ts";
import { writeAge } from "../core/units.ts";
import { isLate } from "../store/fleet-counts.ts";
import type { Store } from "../store/store.ts";

export function renderCounters(store: Store): void {
  effect(() => {
    const [counts, now] = [store.counts.value, store.now.value];
    const { aircraft, airborne, newest } = counts;
    putInto("aircraft", aircraft.toLocaleString("en"));
    putInto("airborne", airborne.toLocaleString("en"));
    putInto("delay", writeAge(now - newest));
    element("delay").classList.toggle("is-late", aircraft > 0 && isLate(counts, now));
  });
}
