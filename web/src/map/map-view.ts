/** The map with everything on it, which follows the store. */

import type { Map as MapLibre } from "maplibre-gl";
import type { SelectedAircraft } from "../store/selected-aircraft.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import { AircraftOverlay } from "./aircraft-overlay.ts";
import { AreaDrawing } from "./area-drawing.ts";
import { type BaseMap, createBaseMap } from "./base-map.ts";
import { positionOf } from "./dead-reckoning.ts";
import { extentOfFlight, extentOfTrack } from "./extent.ts";
import { Following } from "./following.ts";
import { Labels } from "./labels.ts";
import { updateMapPadding } from "./padding.ts";

/** The map zooms in to this level at least when it flies to an aircraft. */
const CLOSE_ZOOM = 6;
/** Around a flight that fills the map, and the closest zoom for a short one. */
const FLIGHT_FIT = { padding: 80, maxZoom: 9 };

export interface MapOptions {
  /** Returns the time that the fleet shows, in Unix seconds; called for every frame. */
  now(): number;
  /** Selects the aircraft that was clicked; null is none. */
  select(icao24: string | null): void;
}

export class MapView {
  readonly area: AreaDrawing;
  readonly following: Following;
  private readonly store: Store;
  private readonly aircraft: SelectedAircraft;
  private readonly options: MapOptions;
  private readonly base: BaseMap;
  private readonly overlay: AircraftOverlay;

  constructor(host: HTMLElement, store: Store, aircraft: SelectedAircraft, options: MapOptions) {
    this.store = store;
    this.aircraft = aircraft;
    this.options = options;
    this.base = createBaseMap(host, store.place.value);
    const { fleet } = store;
    this.overlay = new AircraftOverlay(this.map, fleet, {
      theme: store.themeName.value,
      isGliding: store.isGliding.value,
      now: () => options.now(),
      onSelect: (slot) => options.select(slot === null ? null : (fleet.icao24[slot] ?? null)),
      onDraw: () => labels.move(),
    });
    const labels = new Labels(this.map, fleet, this.overlay);
    this.area = new AreaDrawing(this.map);
    this.following = new Following(this.map, () => this.plausiblePosition());
    this.map.on("moveend", () => this.storePlace());
    this.watchBase();
    this.watchAircraft();
    this.watchSelection();
  }

  /** Whether the map shows a place; cheap enough to be called for every aircraft. */
  isVisible(longitude: number, latitude: number): boolean {
    return this.base.isVisible(longitude, latitude);
  }

  /** Flies to the selected aircraft, if it has a position. */
  flyToSelected(): void {
    const center = this.position();
    if (center !== null) {
      this.map.flyTo({ center, zoom: Math.max(this.map.getZoom(), CLOSE_ZOOM) });
    }
  }

  private get map(): MapLibre {
    return this.base.map;
  }

  private storePlace(): void {
    const { lng, lat } = this.map.getCenter().wrap();
    this.store.place.value = { latitude: lat, longitude: lng, zoom: this.map.getZoom() };
  }

  private watchBase(): void {
    const { store, base } = this;
    watch(
      () => [store.configuration.value, store.themeName.value] as const,
      ([configuration, theme]) => {
        if (configuration !== null) {
          base.show(configuration.tiles, theme);
        }
      },
    );
    watch(
      () => store.units.value,
      (units) => base.setUnits(units),
    );
    watch(
      () => store.filters.value.get("bbox") ?? null,
      (bbox) => this.area.show(bbox),
    );
    // After all other views, because the details may have changed their height.
    watch(
      () => [store.now.value, store.selected.value],
      () => queueMicrotask(() => updateMapPadding(this.map)),
    );
  }

  private watchAircraft(): void {
    const { store, overlay } = this;
    watch(
      () => [store.themeName.value, store.fleetRevision.value] as const,
      ([theme]) => {
        overlay.theme = theme;
        overlay.refresh();
      },
    );
    watch(
      () => store.isGliding.value,
      (isGliding) => {
        overlay.isGliding = isGliding;
        overlay.redraw();
      },
    );
    watch(
      () => store.playback.value?.speed ?? 1,
      (speed) => {
        overlay.speed = speed;
      },
    );
  }

  private watchSelection(): void {
    const { store, aircraft, overlay } = this;
    watch(
      () => [store.icao24.value, store.fleetRevision.value],
      () => {
        overlay.selected = aircraft.slot;
        overlay.redraw();
      },
    );
    watch(
      () => store.selected.value,
      () => this.following.set(false),
    );
    watch(
      () => aircraft.track.value,
      (track) => {
        overlay.trail.show(track);
        overlay.redraw();
      },
    );
    watch(
      () => aircraft.pointedTime.value,
      (time) => this.markOnTrack(time),
    );
    watch(
      () => aircraft.loadedFlight.value,
      () => this.fitFlight(),
    );
  }

  /** Marks the position on the track at a time; null marks none. */
  private markOnTrack(time: number | null): void {
    const track = this.aircraft.track.value;
    const index = track === null || time === null ? -1 : track.nearest(time);
    this.overlay.trail.highlight(
      track === null || index < 0
        ? null
        : [track.longitudes[index] as number, track.latitudes[index] as number],
    );
    this.overlay.redraw();
  }

  /** Shows the whole flight that was loaded, as far as its positions are plausible. */
  private fitFlight(): void {
    const loaded = this.aircraft.loadedFlight.value;
    if (loaded === null) {
      return;
    }
    const { flight, track } = loaded;
    const extent = (track && extentOfTrack(track)) ?? extentOfFlight(flight);
    if (extent !== null) {
      this.map.fitBounds(extent, FLIGHT_FIT);
    }
  }

  /** Returns where the selected aircraft is drawn; null if it has no position. */
  private position(): [longitude: number, latitude: number] | null {
    const { slot } = this.aircraft;
    return slot === null ? null : positionOf(this.store.fleet, slot, this.overlay.glideTime);
  }

  /** Returns where the selected aircraft is drawn; null if that is implausible or unknown. */
  private plausiblePosition(): [longitude: number, latitude: number] | null {
    const { aircraft } = this;
    const index = aircraft.newestPosition(this.options.now());
    const isImplausible = index >= 0 && aircraft.track.value?.isPositionImplausible(index);
    return isImplausible ? null : this.position();
  }
}
