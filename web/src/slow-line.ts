/** Requests less while the connection is slow: the aircraft in view, and only what the map shows of them. */

import type { Store } from "./store/store.ts";
import { watch } from "./store/watch.ts";
import { steadyTime } from "./stream/clock.ts";
import type { Fleet } from "./stream/fleet.ts";
import { Saving } from "./stream/saving.ts";

/** The map must stand still for so long before another part of it is requested. */
const MOVE_PAUSE_MS = 1_000;
/** Rows take four times the bytes of differences, which cannot be filtered. */
const LARGEST_SHARE = 0.25;

export interface View {
  /** Returns the visible part of the map as `bbox`; null if that is nearly the whole globe. */
  bbox(): string | null;
  /** Whether a place is in the visible part. */
  isVisible(longitude: number, latitude: number): boolean;
}

export class SlowLine {
  private readonly saving = new Saving();
  private readonly store: Store;
  private readonly view: View;
  /** The number of all aircraft when they were last received. */
  private all = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store, view: View) {
    this.store = store;
    this.view = view;
    watch(
      () => store.place.value,
      () => {
        clearTimeout(this.timer);
        if (this.saving.isOn) {
          this.timer = setTimeout(() => this.request(), MOVE_PAUSE_MS);
        }
      },
    );
  }

  /** Takes into account whether the connection was too slow for the newest live event. */
  onLine(isSlow: boolean): void {
    if (isSlow) {
      this.saving.noteSlow(steadyTime());
    } else {
      this.saving.notePunctual(steadyTime());
    }
    if (this.saving.isOn !== (this.store.saving.peek() !== null)) {
      this.request();
    }
  }

  private request(): void {
    const { saving, store } = this;
    const bbox = saving.isOn ? this.smallEnoughView() : null;
    const before = store.saving.peek();
    // Without an area and without filters there are no rows, whose fields could be fewer.
    const canSave = bbox !== null || store.filters.peek().size > 0;
    if (!saving.isOn || !canSave) {
      store.saving.value = null;
    } else if (before === null || before.bbox !== bbox) {
      store.saving.value = { bbox };
    }
  }

  /** Returns the view if its aircraft as rows are fewer bytes than all aircraft as differences. */
  private smallEnoughView(): string | null {
    const { fleet, filters, saving } = this.store;
    const isAll = saving.peek()?.bbox == null;
    this.all = isAll ? fleet.size : Math.max(this.all, fleet.size);
    const isFiltered = filters.peek().size > 0;
    const isSmall = isFiltered || aircraftInView(fleet, this.view) <= LARGEST_SHARE * this.all;
    return isSmall ? this.view.bbox() : null;
  }
}

function aircraftInView(fleet: Fleet, view: View): number {
  const [longitudes, latitudes] = [fleet.column("longitude"), fleet.column("latitude")];
  let inView = 0;
  for (const slot of fleet.held()) {
    inView += view.isVisible(longitudes[slot] as number, latitudes[slot] as number) ? 1 : 0;
  }
  return inView;
}
