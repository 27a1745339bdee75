/** The map with everything on it, which follows the store. */

import type { LngLat, Map as MapLibre, MapMouseEvent } from "maplibre-gl";
import { putInto } from "../core/elements.ts";
import { write } from "../core/units.ts";
import type { Place } from "../store/address.ts";
import type { GroupTracks } from "../store/group-tracks.ts";
import type { SelectedAircraft } from "../store/selected-aircraft.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import { AircraftOverlay } from "./aircraft-overlay.ts";
import { airportAt } from "./airport-picking.ts";
import { AreaDrawing } from "./area-drawing.ts";
import { chooseTiles } from "./base-choice.ts";
import type { BaseMap } from "./base-map.ts";
import { positionOf } from "./dead-reckoning.ts";
import { extentOfFlight, extentOfTrack } from "./extent.ts";
import { Following } from "./following.ts";
import { HomeMarker } from "./home-marker.ts";
import { nextOf, slotsInView } from "./in-view.ts";
import { Labels } from "./labels.ts";
import { MapTools } from "./map-tools.ts";
import { PlacePicking } from "./place-picking.ts";
import { VisiblePart } from "./visible-part.ts";

/** The map zooms in to this level at least when it flies to an aircraft. */
const CLOSE_ZOOM = 6;
/** The margin around a flight that fills the map, at most this part of it, and the closest zoom for a short one. */
const FLIGHT_MARGIN_PX = 80;
const MAX_MARGIN = 0.15;
const MAX_FLIGHT_ZOOM = 9;
/** How long the map takes to move a selected aircraft out from under a panel. */
const REVEAL_MS = 300;
/** In this time after the page has begun, its panels get their first contents, and so their size. */
const LAYOUT_MS = 1_000;

export interface MapOptions {
  /** The tracks of the selection beside the focused aircraft, and of those in view. */
  group: GroupTracks;
  /** Returns the time that the fleet shows, in Unix seconds; called for every frame. */
  now(): number;
  /** Selects the aircraft that was clicked; null is none. */
  select(icao24: string | null): void;
  /** Selects an aircraft beside those that are selected, or no longer. */
  toggleSelected(icao24: string): void;
  /** Selects further aircraft, those of a box. */
  addToSelection(icao24s: readonly string[]): void;
  /** Opens the airport that was clicked. */
  openAirport(code: string): void;
}

export class MapView {
  readonly area: AreaDrawing;
  readonly following: Following;
  readonly picking: PlacePicking;
  readonly tools: MapTools;
  private readonly store: Store;
  private readonly aircraft: SelectedAircraft;
  private readonly options: MapOptions;
  private readonly base: BaseMap;
  private readonly overlay: AircraftOverlay;
  private readonly visiblePart: VisiblePart;
  /** The place of the address, which the middle of the visible part shows after the first layout. */
  private readonly opened: Place;
  /** Where the map was put for that; null before. */
  private placed: LngLat | null = null;
  /** Whether that is corrected when panels change their size: for a moment, and before the user does anything. */
  private isSettling = true;

  constructor(base: BaseMap, store: Store, aircraft: SelectedAircraft, options: MapOptions) {
    this.store = store;
    this.aircraft = aircraft;
    this.options = options;
    this.base = base;
    this.opened = store.place.value;
    const { fleet } = store;
    this.overlay = new AircraftOverlay(this.map, fleet, {
      theme: store.themeName.value,
      isGliding: store.isGliding.value,
      now: () => options.now(),
      onSelect: (slot, click) => this.choose(slot, click),
      onDraw: () => labels.move(),
      onFirstAircraft: () => base.begin(),
    });
    const labels = new Labels(this.map, fleet, this.overlay);
    this.visiblePart = new VisiblePart(this.map, () => this.place());
    this.area = new AreaDrawing(this.map, this.visiblePart);
    this.picking = new PlacePicking(this.map);
    this.tools = new MapTools(
      { base: this.base, overlay: this.overlay, visiblePart: this.visiblePart, area: this.area },
      store,
      {
        group: options.group,
        now: () => options.now(),
        onBox: (all) => options.addToSelection(all),
      },
    );
    this.following = new Following(
      this.map,
      this.visiblePart,
      () => this.plausiblePosition(),
      (isFirst) => this.tools.fitSelection(isFirst),
    );
    this.map.on("moveend", () => this.storePlace());
    this.settle();
    this.watchBase();
    this.watchAircraft();
    this.watchSelection();
  }

  /** Whether the visible part of the map contains a place; cheap enough to be called for every aircraft. */
  isVisible(longitude: number, latitude: number): boolean {
    return this.visiblePart.contains(longitude, latitude);
  }

  /** Flies to the selected aircraft, if it has a position. */
  flyToSelected(): void {
    const center = this.position();
    if (center !== null) {
      this.visiblePart.measure();
      const zoom = Math.max(this.map.getZoom(), CLOSE_ZOOM);
      this.map.flyTo({ center, zoom, offset: this.visiblePart.offset });
    }
  }

  /** Selects what was clicked: an aircraft, or an airport that none covers. */
  private choose(slot: number | null, { point, originalEvent }: MapMouseEvent): void {
    if (originalEvent.shiftKey || this.tools.isAdding.value) {
      this.add(slot);
      return;
    }
    const airport = slot === null ? airportAt(this.map, point) : null;
    if (airport === null) {
      this.select(slot);
    } else {
      this.options.openAirport(airport);
    }
  }

  /** Brings the user's home into the middle; without a home it does nothing. */
  flyToHome(): void {
    const home = this.store.home.value;
    if (home !== null) {
      this.visiblePart.measure();
      const zoom = Math.max(this.map.getZoom(), CLOSE_ZOOM);
      const center: [number, number] = [home.longitude, home.latitude];
      this.map.flyTo({ center, zoom, offset: this.visiblePart.offset });
    }
  }

  /** Flies to a place, at this zoom level at least. */
  goTo({ longitude, latitude }: Pick<Place, "longitude" | "latitude">, minZoom: number): void {
    this.visiblePart.measure();
    const zoom = Math.max(this.map.getZoom(), minZoom);
    this.map.flyTo({ center: [longitude, latitude], zoom, offset: this.visiblePart.offset });
  }

  /** Selects the next aircraft in the visible part from west to east, or with -1 the one before. */
  selectNext(step: 1 | -1): void {
    const { fleet, units } = this.store;
    const slots = slotsInView(fleet, this.visiblePart);
    const slot = nextOf(slots, this.aircraft.slot, step);
    if (slot === null) {
      putInto("announcement", "No aircraft in view");
      return;
    }
    this.select(slot);
    const name = fleet.text("callsign", slot) ?? fleet.icao24[slot] ?? "";
    const altitude = write(fleet.measure("baro_altitude", slot), "altitude", units.value);
    const order = `${slots.indexOf(slot) + 1} of ${slots.length} in view`;
    putInto("announcement", `${name}, ${altitude}, ${order}`);
  }

  private get map(): MapLibre {
    return this.base.map;
  }

  /** Selects the aircraft that was clicked, and moves it out from under the panel that shows it. */
  private select(slot: number | null): void {
    this.options.select(slot === null ? null : (this.store.fleet.icao24[slot] ?? null));
    const position = this.position();
    this.visiblePart.measure();
    if (position !== null && !this.isVisible(...position)) {
      this.visiblePart.moveTo(position, { duration: REVEAL_MS });
    }
  }

  /**
   * Shows the place of the address in the visible part, again while panels get their first size; later, and
   * once the map has been moved, it keeps the picture as it is.
   */
  private place(): void {
    const { map, placed } = this;
    const isUntouched = placed?.distanceTo(map.getCenter()) === 0;
    if (placed === null || (isUntouched && this.isSettling)) {
      const { longitude, latitude } = this.opened;
      this.visiblePart.moveTo([longitude, latitude], { duration: 0 });
      this.placed = map.getCenter();
    }
    this.storePlace();
  }

  /** Ends the corrections of `place` after a moment, or with the first thing that the user does. */
  private settle(): void {
    const end = () => {
      this.isSettling = false;
    };
    setTimeout(end, LAYOUT_MS);
    for (const event of ["pointerdown", "keydown", "wheel"]) {
      addEventListener(event, end, { once: true, capture: true, passive: true });
    }
  }

  /** Adds an aircraft to the selection; a click beside all of them changes nothing. */
  private add(slot: number | null): void {
    const icao24 = slot === null ? null : this.store.fleet.icao24[slot];
    if (icao24 != null) {
      this.options.toggleSelected(icao24);
    }
  }

  private storePlace(): void {
    if (this.placed === null) {
      return;
    }
    const { lng, lat } = this.visiblePart.center.wrap();
    this.store.place.value = { latitude: lat, longitude: lng, zoom: this.map.getZoom() };
  }

  private watchBase(): void {
    const { store, base } = this;
    watch(
      () => [store.configuration.value, store.themeName.value, store.overlays.value.base] as const,
      ([configuration, theme, name]) => {
        if (configuration !== null) {
          base.show(chooseTiles(configuration, name), theme);
        }
      },
    );
    watch(
      () => store.units.value,
      (units) => base.setUnits(units),
    );
    const marker = new HomeMarker(this.map);
    watch(
      () => [store.home.value, store.rings.value, store.units.value] as const,
      ([home, spacing, units]) => marker.show(home, spacing, units),
    );
    watch(
      () => store.filters.value.get("bbox") ?? null,
      (bbox) => this.area.show(bbox),
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
      () => [store.labels.value, store.units.value] as const,
      ([fields, units]) => {
        overlay.labels.show(fields, units);
        overlay.redraw();
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
      const { visiblePart } = this;
      visiblePart.measure();
      const side = Math.min(visiblePart.width, visiblePart.height);
      const padding = visiblePart.padding(Math.min(FLIGHT_MARGIN_PX, MAX_MARGIN * side));
      this.map.fitBounds(extent, { padding, maxZoom: MAX_FLIGHT_ZOOM });
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
