/** The page: what it shows, and what happens when somebody touches it. */

import { readAddress, type Shown, writeAddress } from "./address.ts";
import { type BaseMap, createBaseMap } from "./map/base-map.ts";
import { positionOf } from "./map/dead-reckoning.ts";
import { fetchGeography, type Geography } from "./map/geography.ts";
import { Labels } from "./map/labels.ts";
import { Sky } from "./map/sky.ts";
import { type Choice, onSystemTheme, themeOf } from "./map/theme.ts";
import { type Counts, count, showConnection, showCounts } from "./panel/counters.ts";
import { type Extra, fetchExtra, showDetails } from "./panel/details.ts";
import { element, say } from "./panel/elements.ts";
import { showEmergencies } from "./panel/emergencies.ts";
import { showLegend } from "./panel/legend.ts";
import type { System } from "./panel/units.ts";
import { Connection } from "./stream/connection.ts";
import { DeltaReader } from "./stream/delta-reader.ts";
import { Fleet } from "./stream/fleet.ts";
import { RowReader } from "./stream/row-reader.ts";
import { ServerClock } from "./stream/server-clock.ts";
import { formatOf, streamPath } from "./stream/view.ts";

/** Who looks elsewhere for longer is not sent the stream, and gets what it missed on return. */
const HIDDEN_MS = 30_000;
const FOLLOW_MS = 250;
/** As in style.css. */
const NARROW_PX = 720;

export class Page {
  private readonly shown: Shown = readAddress(location.search);
  private readonly fleet = new Fleet();
  private readonly clock = new ServerClock();
  private readonly base: BaseMap = createBaseMap(element("map"), this.shown.place);
  private readonly sky: Sky;
  private readonly labels: Labels;
  private readonly connection: Connection;
  private geography: Geography | null = null;
  private counts: Counts = count(this.fleet);
  private extra: Extra | null = null;
  private extraOf: string | null = null;
  private isFollowing = false;
  private hiding: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.sky = new Sky(this.base.map, this.fleet, {
      theme: themeOf(this.shown.theme),
      isGliding: this.shown.isGliding,
      now: () => this.clock.now(),
      onSelect: (slot) => this.select(slot === null ? null : (this.fleet.icao24[slot] ?? null)),
      onDraw: () => this.labels.move(),
    });
    this.labels = new Labels(this.base.map, this.fleet, this.sky);
    this.connection = this.connect();
    this.listen();
    this.dress();
    void this.drawGeography();
    setInterval(() => this.tell(), 1_000);
    setInterval(() => this.follow(), FOLLOW_MS);
  }

  private connect(): Connection {
    const { filters, selected } = this.shown;
    const Reader = formatOf(filters) === "delta" ? DeltaReader : RowReader;
    const reader = new Reader(this.fleet);
    const connection = new Connection(streamPath(filters, selected), {
      hear: (event, data) => this.hear(reader, event, data),
      change: showConnection,
    });
    connection.open();
    return connection;
  }

  private hear(reader: DeltaReader | RowReader, event: string, data: unknown): void {
    const { time } = data as { time?: number };
    if (time !== undefined) {
      this.clock.hear(time);
    }
    if (event === "snapshot" || event === "update" || event === "remove") {
      reader.feed(event, data);
      this.counts = count(this.fleet);
      this.sky.selected = this.selectedSlot();
      this.sky.refresh();
      this.tell();
    }
  }

  private listen(): void {
    const { map } = this.base;
    map.on("moveend", () => this.remember());
    map.on("dragstart", () => this.setFollowing(false));
    this.onChange<HTMLSelectElement>("units", ({ value }) => {
      this.shown.units = value as System;
    });
    this.onChange<HTMLSelectElement>("theme", ({ value }) => {
      this.shown.theme = value as Choice;
    });
    this.onChange<HTMLInputElement>("glide", ({ checked }) => {
      this.shown.isGliding = checked;
    });
    element("close").addEventListener("click", () => this.select(null));
    element("follow").addEventListener("click", () => this.setFollowing(!this.isFollowing));
    element("copy").addEventListener("click", () => void this.copyLink());
    onSystemTheme(() => this.dress());
    document.addEventListener("visibilitychange", () => this.look());
    addEventListener("pagehide", () => this.connection.pause());
    addEventListener("pageshow", () => this.look());
    addEventListener("keydown", ({ key }) => key === "Escape" && this.select(null));
  }

  private onChange<Control extends HTMLElement>(id: string, take: (control: Control) => void) {
    const control = element<Control>(id);
    control.addEventListener("change", () => {
      take(control);
      this.dress();
      this.remember();
    });
  }

  /** Opens the stream when somebody looks, and closes it when nobody has for a while. */
  private look(): void {
    clearTimeout(this.hiding);
    if (document.hidden) {
      this.hiding = setTimeout(() => this.connection.pause(), HIDDEN_MS);
    } else if (this.connection.state === "paused") {
      this.connection.open();
    }
  }

  private async drawGeography(): Promise<void> {
    this.geography = await fetchGeography();
    this.base.show(this.geography, this.sky.theme);
  }

  /** Applies theme, units and gliding. */
  private dress(): void {
    const { units, theme, isGliding } = this.shown;
    const name = themeOf(theme);
    document.documentElement.dataset.theme = name;
    element<HTMLSelectElement>("units").value = units;
    element<HTMLSelectElement>("theme").value = theme;
    element<HTMLInputElement>("glide").checked = isGliding;
    this.sky.isGliding = isGliding;
    if (name !== this.sky.theme) {
      this.sky.theme = name;
      if (this.geography !== null) {
        this.base.show(this.geography, name);
      }
    }
    this.sky.refresh();
    this.base.measureIn(units);
    showLegend(name, units);
    this.tell();
  }

  private selectedSlot(): number | null {
    return this.fleet.slotOf(this.shown.selected ?? "") ?? null;
  }

  private select(icao24: string | null): void {
    this.shown.selected = icao24;
    this.sky.selected = this.selectedSlot();
    this.sky.redraw();
    this.setFollowing(false);
    this.remember();
    this.tell();
  }

  /** Asks once for what the stream of the whole picture does not tell of the selected aircraft. */
  private async learnExtra(icao24: string): Promise<void> {
    if (icao24 === this.extraOf) {
      return;
    }
    this.extraOf = icao24;
    this.extra = null;
    const extra = await fetchExtra(icao24);
    if (icao24 === this.extraOf) {
      this.extra = extra;
      this.tell();
    }
  }

  /** Writes the numbers of this second. */
  private tell(): void {
    const now = this.clock.now();
    const slot = this.selectedSlot();
    const { fleet } = this;
    if (slot !== null) {
      void this.learnExtra(fleet.icao24[slot] ?? "");
    }
    const { extra } = this;
    showCounts(this.counts, now);
    showEmergencies(fleet, this.counts.emergencies, (icao24) => this.go(icao24));
    showDetails(slot === null ? null : { fleet, slot, extra, system: this.shown.units, now });
    this.makeRoom();
  }

  /** On a phone the details cover the lower half: the map's middle is that of what is left. */
  private makeRoom(): void {
    const { innerWidth, innerHeight } = window;
    const top = element("details").offsetTop;
    const isCovering = !element("details").hidden && innerWidth < NARROW_PX;
    const bottom = isCovering ? innerHeight - top : 0;
    if (this.base.map.getPadding().bottom !== bottom) {
      this.base.map.setPadding({ bottom });
    }
  }

  /** Selects an aircraft and flies to it. */
  private go(icao24: string): void {
    this.select(icao24);
    const slot = this.selectedSlot();
    const position = slot === null ? null : positionOf(this.fleet, slot, this.sky.moment);
    if (position !== null) {
      const zoom = Math.max(this.base.map.getZoom(), 6);
      this.base.map.flyTo({ center: position, zoom });
    }
  }

  private setFollowing(isFollowing: boolean): void {
    this.isFollowing = isFollowing;
    element("follow").ariaPressed = String(isFollowing);
  }

  private follow(): void {
    const slot = this.isFollowing ? this.selectedSlot() : null;
    const position = slot === null ? null : positionOf(this.fleet, slot, this.sky.moment);
    if (position !== null) {
      this.base.map.easeTo({ center: position, duration: FOLLOW_MS, easing: (part) => part });
    }
  }

  private async copyLink(): Promise<void> {
    await navigator.clipboard.writeText(location.href);
    say("copy", "Copied");
    setTimeout(() => say("copy", "Copy link"), 2_000);
  }

  private remember(): void {
    const { lng, lat } = this.base.map.getCenter().wrap();
    this.shown.place = { latitude: lat, longitude: lng, zoom: this.base.map.getZoom() };
    history.replaceState(null, "", writeAddress(this.shown));
  }
}
