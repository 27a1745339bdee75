/** What the panel Layers switches on the map: several tracks, density, night, measuring, a file. */

import type { Layer } from "@deck.gl/core";
import { signal } from "@preact/signals-core";
import type { Map as MapLibre } from "maplibre-gl";
import { type GroupTracks, MAX_IN_VIEW } from "../store/group-tracks.ts";
import { allOf } from "../store/selection.ts";
import type { Store } from "../store/store.ts";
import { watch } from "../store/watch.ts";
import type { AircraftOverlay } from "./aircraft-overlay.ts";
import { longitudeNear } from "./antimeridian.ts";
import type { AreaDrawing } from "./area-drawing.ts";
import type { BaseMap } from "./base-map.ts";
import { aircraftIn, BoxSelection } from "./box-selection.ts";
import { type Point, positionOf } from "./dead-reckoning.ts";
import { DensityMap } from "./density.ts";
import { AIRCRAFT_ZOOM } from "./density-grid.ts";
import type { Extent } from "./extent.ts";
import { assignColours, groupColour } from "./group-colours.ts";
import { type DrawingState, GroupTrails, type Ring, ringsLayer } from "./group-trails.ts";
import { slotsInView } from "./in-view.ts";
import { MapAdditions } from "./map-additions.ts";
import { Measuring } from "./measuring.ts";
import { Night } from "./night.ts";
import { UserOverlay } from "./user-overlay.ts";
import type { VisiblePart } from "./visible-part.ts";

const MARGIN_PX = 60;
const MAX_MARGIN = 0.15;
const MAX_FIT_ZOOM = 9;
/** While a group is followed the map is fitted again after this time, if one is no longer visible. */
const FIT_PAUSE_MS = 2_000;

/** The parts of the map that the tools draw on. */
export interface MapParts {
  base: BaseMap;
  overlay: AircraftOverlay;
  visiblePart: VisiblePart;
  area: AreaDrawing;
}

export interface ToolOptions {
  group: GroupTracks;
  /** Returns the time that the map shows, Unix seconds. */
  now(): number;
  /** Called with the aircraft in a box that the user has drawn. */
  onBox(icao24s: readonly string[]): void;
}

export class MapTools {
  readonly density: DensityMap;
  readonly measuring: Measuring;
  readonly file: UserOverlay;
  readonly box: BoxSelection;
  /** Whether a click adds an aircraft to the selection, as with Shift: for fingers. */
  readonly isAdding = signal(false);
  /** The number of the colour of each selected aircraft. */
  readonly colours = signal<ReadonlyMap<string, number>>(new Map());
  private readonly parts: MapParts;
  private readonly store: Store;
  private readonly options: ToolOptions;
  private readonly night: Night;
  private readonly others: GroupTrails;
  private readonly inView: GroupTrails;
  private fittedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: MapParts, store: Store, options: ToolOptions) {
    this.parts = parts;
    this.store = store;
    this.options = options;
    const { fleet } = store;
    const additions = new MapAdditions(this.map);
    this.density = new DensityMap(additions, fleet);
    this.night = new Night(additions);
    this.file = new UserOverlay(additions, (extent) => this.fit(extent));
    this.measuring = new Measuring(this.map, parts.visiblePart, () => store.units.value);
    this.box = new BoxSelection(
      this.map,
      parts.area,
      () => store.filters.value.get("bbox") ?? null,
      (area) => options.onBox(aircraftIn(fleet, area)),
    );
    this.others = new GroupTrails("group", fleet, { width: 2.5, hasCasing: true });
    this.inView = new GroupTrails("in-view", fleet, { width: 1.5, hasCasing: false });
    parts.overlay.furtherLayers = (metresPerPixel) => this.layers(metresPerPixel);
    this.watchTracks();
    this.watchOverlays();
  }

  /** Returns the icao24 of the aircraft in the visible part, those next to its middle first. */
  aircraftInView(): string[] {
    const { fleet } = this.store;
    const { visiblePart } = this.parts;
    visiblePart.measure();
    const { lng, lat } = visiblePart.center;
    const [longitudes, latitudes] = [fleet.column("longitude"), fleet.column("latitude")];
    const distance = (slot: number) =>
      Math.hypot(
        longitudeNear(longitudes[slot] as number, lng) - lng,
        (latitudes[slot] as number) - lat,
      );
    return slotsInView(fleet, visiblePart)
      .sort((one, other) => distance(one) - distance(other))
      .flatMap((slot) => fleet.icao24[slot] ?? []);
  }

  /** Shows the tracks of all in view, at most MAX_IN_VIEW of those next to the middle. */
  showTracksInView(): void {
    this.options.group.showInView(this.aircraftInView().slice(0, MAX_IN_VIEW));
  }

  /**
   * Fits the map to all selected aircraft, if there are several: at once if that is the first time, else
   * when one has left the visible part. Returns whether there are several.
   */
  fitSelection(isFirst: boolean): boolean {
    const icao24s = allOf(this.store.selection);
    if (icao24s.length < 2) {
      return false;
    }
    const places = icao24s.flatMap((icao24) => this.placesOf(icao24));
    const { visiblePart } = this.parts;
    const isDue = isFirst || performance.now() - this.fittedAt >= FIT_PAUSE_MS;
    if (places.length > 0 && isDue) {
      this.fittedAt = performance.now();
      if (isFirst || !places.every((place) => visiblePart.contains(...place))) {
        this.fit(extentOf(places));
      }
    }
    return true;
  }

  private get map(): MapLibre {
    return this.parts.base.map;
  }

  /** Returns where an aircraft is drawn; none if it has no position. */
  private placesOf(icao24: string): Point[] {
    const { fleet } = this.store;
    const slot = fleet.slotOf(icao24);
    const place = slot === undefined ? null : positionOf(fleet, slot, this.parts.overlay.glideTime);
    return place === null ? [] : [place];
  }

  private fit(extent: Extent): void {
    const { visiblePart } = this.parts;
    visiblePart.measure();
    const side = Math.min(visiblePart.width, visiblePart.height);
    const padding = visiblePart.padding(Math.min(MARGIN_PX, MAX_MARGIN * side));
    this.map.fitBounds(extent, { padding, maxZoom: MAX_FIT_ZOOM });
  }

  private watchTracks(): void {
    const { store, options, parts } = this;
    const { group } = options;
    watch(
      () => [store.icao24.value, store.others.value] as const,
      () => {
        this.colours.value = assignColours(this.colours.value, allOf(store.selection));
      },
    );
    watch(
      () =>
        [
          group.tracks.value,
          group.revision.value,
          this.colours.value,
          store.themeName.value,
          store.overlays.value.isColouredByAircraft,
        ] as const,
      () => {
        this.showTracks();
        parts.overlay.redraw();
      },
    );
  }

  private showTracks(): void {
    const { store, options } = this;
    const tracks = options.group.tracks.value;
    const selected = new Set(store.others.value);
    const isOwn = store.overlays.value.isColouredByAircraft;
    const all = [...tracks.values()];
    this.others.show(
      all
        .filter(({ icao24 }) => selected.has(icao24))
        .map((track) => ({ track, colour: isOwn ? this.colourOf(track.icao24) : null })),
    );
    this.inView.show(
      all
        .filter(({ icao24 }) => !selected.has(icao24) && icao24 !== store.icao24.value)
        .map((track) => ({ track, colour: null })),
    );
  }

  private colourOf(icao24: string) {
    return groupColour(this.colours.value.get(icao24) ?? 0, this.store.themeName.value);
  }

  private layers(metresPerPixel: number): Layer[] {
    const { overlay } = this.parts;
    const state: DrawingState = {
      theme: overlay.theme,
      glideTime: overlay.glideTime,
      until: this.options.now(),
      scale: 2 ** Math.round(Math.log2(metresPerPixel)),
    };
    const rings = this.store.others.peek().flatMap((icao24): Ring[] => {
      const colour = this.colourOf(icao24);
      return this.placesOf(icao24).map((place) => ({ place, colour }));
    });
    return [
      ...this.inView.layers(state),
      ...this.others.layers(state),
      ...(rings.length > 0 ? [ringsLayer(rings)] : []),
    ];
  }

  private watchOverlays(): void {
    const { store, density, map } = this;
    watch(
      () => store.themeName.value,
      (theme) => {
        density.setTheme(theme);
        this.file.setTheme(theme);
      },
    );
    watch(
      () => [store.overlays.value.isNight, store.now.value, store.themeName.value] as const,
      ([isNight, now, theme]) => this.night.show(isNight ? now : null, theme),
    );
    watch(
      () => [store.overlays.value.density, store.fleetRevision.value] as const,
      () => this.showDensity(),
    );
    map.on("zoom", () => this.showDensity());
    watch(
      () => store.units.value,
      () => this.measuring.render(),
    );
  }

  private showDensity(): void {
    const { density, map, parts } = this;
    const shown = this.store.overlays.peek().density;
    const zoom = map.getZoom();
    const isHidden = shown !== null && zoom < AIRCRAFT_ZOOM;
    if (isHidden !== parts.overlay.isHidden) {
      parts.overlay.isHidden = isHidden;
      parts.overlay.redraw();
    }
    if (shown === null) {
      if (density.legend.peek() !== null) {
        density.hide();
      }
    } else if (shown === "live") {
      density.showLive(zoom);
    } else {
      void density.showDay(shown);
    }
  }
}

/** Returns the bounding box of places, across the antimeridian if that is shorter. */
function extentOf(places: readonly Point[]): Extent {
  const reference = places[0]?.[0] ?? 0;
  const longitudes = places.map(([longitude]) => longitudeNear(longitude, reference));
  const latitudes = places.map(([, latitude]) => latitude);
  return [
    Math.min(...longitudes),
    Math.min(...latitudes),
    Math.max(...longitudes),
    Math.max(...latitudes),
  ];
}
