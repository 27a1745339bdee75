/** The page: what it shows, and what happens when somebody touches it. */

import { AddressBar, copyLink } from "./address-bar.ts";
import { proof } from "./core/access.ts";
import { readAddress, type Shown } from "./core/address.ts";
import { watchAttention } from "./core/attention.ts";
import { fetchConfiguration, type Tiles } from "./core/configuration.ts";
import { element } from "./core/elements.ts";
import { listenToKeys } from "./core/keys.ts";
import type { System } from "./core/units.ts";
import { FilterChips } from "./find/filter-chips.ts";
import { FilterForm } from "./find/filter-form.ts";
import { type Command, Palette } from "./find/palette.ts";
import type { Flight } from "./history/answers.ts";
import { fetchOldest } from "./history/history-client.ts";
import type { Track } from "./history/track.ts";
import { AircraftOverlay } from "./map/aircraft-overlay.ts";
import { AreaDrawing } from "./map/area-drawing.ts";
import { type BaseMap, createBaseMap } from "./map/base-map.ts";
import { extentOfFlight, extentOfTrack } from "./map/extent.ts";
import { Following } from "./map/following.ts";
import { Labels } from "./map/labels.ts";
import { updateMapPadding } from "./map/padding.ts";
import { onSystemTheme, type ThemeChoice, themeOf } from "./map/theme.ts";
import { type Counts, count, isLate, showConnection, showCounts } from "./panels/counters.ts";
import { showEmergencies } from "./panels/emergencies.ts";
import { showLegend } from "./panels/legend.ts";
import { Panels } from "./panels/panels.ts";
import { ReasonLine } from "./panels/reason.ts";
import { askForKey } from "./panels/sign-in.ts";
import { Statistics } from "./panels/statistics/statistics.ts";
import { Selection } from "./selection.ts";
import { Feed, type FeedState } from "./stream/feed.ts";
import { Fleet } from "./stream/fleet.ts";
import type { FilterName, Filters } from "./stream/view.ts";
import { Table } from "./table/table.ts";
import type { Moment } from "./time/moment.ts";
import { PastFlights } from "./time/past-flights.ts";
import { TimeBar } from "./time/time-bar.ts";

const CLOSE_ZOOM = 6;
const REPLAY_SPEED = 30;

export class Page {
  private readonly shown: Shown = readAddress(location.search);
  private readonly fleet = new Fleet();
  private readonly base: BaseMap = createBaseMap(element("map"), this.shown.place);
  private readonly address = new AddressBar(() => this.placed());
  private readonly feed: Feed;
  private readonly reason = new ReasonLine((time) => this.feed.learnTime(time));
  private readonly sky: AircraftOverlay;
  private readonly labels: Labels;
  private readonly selection: Selection;
  private readonly following: Following;
  private readonly panels = new Panels(() => this.arrange());
  private readonly palette: Palette;
  private readonly form: FilterForm;
  private readonly chips: FilterChips;
  private readonly area: AreaDrawing;
  private readonly table: Table;
  private readonly statistics: Statistics;
  private readonly flights: PastFlights;
  private readonly time: TimeBar;
  /** What is under the aircraft, null the packaged geography; undefined until the server has told. */
  private ground: Tiles | null | undefined;
  private counts: Counts = count(this.fleet);
  private needsKey = false;

  constructor() {
    const { fleet, shown } = this;
    const { map } = this.base;
    this.feed = new Feed(fleet, {
      hear: (event, data) => this.hear(event, data),
      change: (state, reason) => this.showState(state, reason),
      arrive: () => this.go(null),
    });
    this.sky = new AircraftOverlay(map, fleet, {
      theme: themeOf(shown.theme),
      isGliding: shown.isGliding,
      now: () => this.feed.now(),
      onSelect: (slot) => this.select(slot === null ? null : (fleet.icao24[slot] ?? null)),
      onDraw: () => this.labels.move(),
    });
    this.labels = new Labels(map, fleet, this.sky);
    this.selection = new Selection(fleet, this.sky, {
      system: () => shown.units,
      moment: () => shown.moment,
      now: () => this.feed.now(),
    });
    this.following = new Following(map, () => this.selection.believed);
    this.area = new AreaDrawing(map);
    this.form = new FilterForm(element("filter-form"), fleet, {
      change: (filters) => this.filter(filters),
      drawArea: () => this.area.draw(),
      mapArea: () => this.area.visible(),
    });
    this.chips = new FilterChips(element("chips"), (name) => this.setFilter(name, null));
    const setFilter = (name: FilterName, value: string) => this.setFilter(name, value);
    this.statistics = new Statistics(element("statistics-body"), fleet, { setFilter });
    this.table = new Table(element("table"), fleet, {
      select: (icao24) => this.visit(icao24),
      isVisible: (longitude, latitude) => this.base.isVisible(longitude, latitude),
    });
    this.flights = new PastFlights(element("past-flights"), {
      show: (flight) => this.showFlight(flight),
      replay: (flight) => this.replay(flight),
    });
    this.time = new TimeBar(element("time"), { go: (moment) => this.go(moment) });
    this.palette = new Palette(element<HTMLDialogElement>("palette"), fleet, {
      select: (icao24) => this.visit(icao24),
      setFilter,
      findFlights: (callsign) => {
        this.panels.show("past");
        this.flights.find(callsign);
      },
      system: () => shown.units,
      commands: this.commands(),
    });
    this.listen();
    this.begin();
  }

  private begin(): void {
    const { selected, side, isTableOpen } = this.shown;
    this.panels.isTableOpen = isTableOpen;
    this.panels.show(side);
    this.dress();
    if (!this.isReplay) {
      this.ask();
    }
    if (selected !== null) {
      void this.selection.choose(selected);
    }
    void this.drawGround().finally(() => this.goBack());
    setInterval(() => this.tell(), 1_000);
  }

  private listen(): void {
    this.base.map.on("moveend", () => this.address.writeSoon());
    this.onChange<HTMLSelectElement>("units", ({ value }) => {
      this.shown.units = value as System;
    });
    this.onChange<HTMLSelectElement>("theme", ({ value }) => {
      this.shown.theme = value as ThemeChoice;
    });
    this.onChange<HTMLInputElement>("glide", ({ checked }) => {
      this.shown.isGliding = checked;
    });
    element("close-details").addEventListener("click", () => this.select(null));
    element("copy").addEventListener("click", () => void copyLink());
    element("open-palette").addEventListener("click", () => this.palette.open());
    onSystemTheme(() => this.dress());
    watchAttention({ leave: () => this.feed.pause(), come: () => this.feed.resume() });
    listenToKeys([
      ...this.commands(),
      { keys: "/", run: () => this.palette.open() },
      { keys: "Escape", run: () => this.letGo() },
    ]);
  }

  /** What the palette offers by name, some of it also by a key. */
  private commands(): Command[] {
    const { panels } = this;
    return [
      { name: "Filters", keys: "f", run: () => panels.toggle("filters") },
      { name: "Table", keys: "t", run: () => panels.showTable(!panels.isTableOpen) },
      { name: "Statistics", keys: "s", run: () => panels.toggle("statistics") },
      { name: "Past flights", keys: "p", run: () => panels.toggle("past") },
      { name: "Settings", run: () => panels.toggle("settings") },
      { name: "Emergencies only", run: () => this.setFilter("squawk", "emergency") },
      { name: "Clear all filters", run: () => this.filter(new Map()) },
      { name: "Back to live", run: () => this.go(null) },
      { name: "Follow", keys: "l", run: () => this.following.toggle() },
      { name: "Copy a link to what is shown", run: () => void copyLink() },
    ];
  }

  private onChange<Control extends HTMLElement>(id: string, take: (control: Control) => void) {
    const control = element<Control>(id);
    control.addEventListener("change", () => {
      take(control);
      this.dress();
      this.address.write();
    });
  }

  private hear(event: string, data: unknown): void {
    this.statistics.hear(event, data);
    if (event === "snapshot" || event === "update" || event === "remove") {
      this.counts = count(this.fleet);
      this.selection.grow();
      this.sky.refresh();
      this.tell();
    }
  }

  /** Asks for what is to be shown, of now or of the past. */
  private ask(): void {
    const { filters, moment, selected } = this.shown;
    this.sky.speed = moment?.speed ?? 1;
    this.feed.ask({ filters, moment, pinned: selected });
  }

  /** Asks for something else of the time that is shown: a replay does not begin anew. */
  private askAgain(): void {
    this.shown.moment = this.feed.moment ?? this.shown.moment;
    this.ask();
  }

  private filter(filters: Filters): void {
    this.shown.filters = filters;
    this.showFilters();
    this.askAgain();
    this.address.write();
  }

  private setFilter(name: FilterName, value: string | null): void {
    const filters = new Map(this.shown.filters);
    if (value === null) {
      filters.delete(name);
    } else {
      filters.set(name, value);
    }
    this.filter(filters);
  }

  private showFilters(): void {
    const { filters, units } = this.shown;
    this.form.show(filters);
    this.chips.show(filters, units);
    this.area.show(filters.get("bbox") ?? null);
  }

  /** Goes to another time; null is now. */
  private go(moment: Moment | null): void {
    this.shown.moment = moment;
    this.ask();
    this.selection.turn();
    this.tell();
    this.address.write();
  }

  private showFlight(flight: Flight): void {
    this.panels.uncover();
    this.shown.selected = flight.icao24;
    const track = this.selection.choose(flight.icao24, flight);
    void track.then((found) => this.fit(flight, found));
    this.tell();
    this.address.write();
  }

  /** Shows all of a flight, as far as it is plausible; by then something else may be selected. */
  private fit(flight: Flight, track: Track | null): void {
    const extent = (track && extentOfTrack(track)) ?? extentOfFlight(flight);
    if (extent !== null && this.selection.flight === flight) {
      this.base.map.fitBounds(extent, { padding: 80, maxZoom: 9 });
    }
  }

  private replay(flight: Flight): void {
    this.showFlight(flight);
    this.go({ time: flight.first_seen, speed: REPLAY_SPEED });
  }

  private select(icao24: string | null): void {
    this.shown.selected = icao24;
    void this.selection.choose(icao24);
    this.table.select(icao24);
    this.following.set(false);
    if (this.shown.filters.size > 0) {
      // The stream is to keep it wherever it goes.
      this.askAgain();
    }
    this.address.write();
    this.tell();
  }

  /** Selects an aircraft and flies to it. */
  private visit(icao24: string): void {
    this.panels.uncover();
    this.select(icao24);
    const { position } = this.selection;
    if (position !== null) {
      const zoom = Math.max(this.base.map.getZoom(), CLOSE_ZOOM);
      this.base.map.flyTo({ center: position, zoom });
    }
  }

  /** Escape: closes what was opened last. */
  private letGo(): void {
    if (this.panels.side !== null) {
      this.panels.show(null);
    } else {
      this.select(null);
    }
  }

  /** Writes the numbers of this second. */
  private tell(): void {
    const { feed, fleet, counts } = this;
    const now = feed.now();
    showCounts(counts, now);
    this.reason.refresh(this.shown.moment === null, isLate(counts, now));
    showEmergencies(fleet, counts.emergencies, {
      select: (icao24) => this.visit(icao24),
      list: () => {
        this.setFilter("squawk", "emergency");
        this.panels.showTable(true);
      },
    });
    this.selection.tell();
    this.table.refresh(now);
    this.statistics.refresh(now);
    this.form.refresh();
    this.flights.setNewest(feed.newest());
    this.time.show(this.shown.moment, now, feed.newest());
    updateMapPadding(this.base.map);
  }

  /** Takes what was opened or closed beside the map. */
  private arrange(): void {
    this.shown.side = this.panels.side;
    this.shown.isTableOpen = this.panels.isTableOpen;
    this.table.isOpen = this.panels.isTableOpen;
    this.statistics.isOpen = this.panels.side === "statistics";
    this.tell();
    this.address.write();
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
      if (this.ground !== undefined) {
        this.base.show(this.ground, name);
      }
    }
    this.sky.refresh();
    this.base.setUnits(units);
    showLegend(name, units);
    for (const part of [this.form, this.table, this.statistics, this.flights]) {
      part.setUnits(units);
    }
    this.selection.dress();
    this.showFilters();
    this.tell();
  }

  private showState(state: FeedState, reason: string): void {
    showConnection(state, reason);
    if (state === "refused" && this.needsKey) {
      askForKey(proof() === null ? "" : reason);
    }
  }

  private get isReplay(): boolean {
    return (this.shown.moment?.speed ?? 0) > 0;
  }

  /** Begins what depends on the server's time: a replay goes on until now. */
  private goBack(): void {
    if (this.isReplay && this.feed.moment === null) {
      this.ask();
    }
    void fetchOldest(this.feed.newest()).then((oldest) => this.time.setRange(oldest));
  }

  private async drawGround(): Promise<void> {
    const { tiles, needs_key, time } = await fetchConfiguration();
    this.feed.learnTime(time);
    this.needsKey = needs_key;
    this.showState(this.feed.state, this.feed.reason);
    this.ground = tiles;
    this.base.show(tiles, this.sky.theme);
  }

  private placed(): Shown {
    const { lng, lat } = this.base.map.getCenter().wrap();
    this.shown.place = { latitude: lat, longitude: lng, zoom: this.base.map.getZoom() };
    return this.shown;
  }
}
