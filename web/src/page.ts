/** Creates the parts of the page and connects them: the stream, the store, and the views of the store. */

import { batch } from "@preact/signals-core";
import { Actions } from "./actions.ts";
import { AddressBar } from "./address-bar.ts";
import { fetchConfiguration } from "./core/configuration.ts";
import { element } from "./core/elements.ts";
import { listenToKeys } from "./core/keys.ts";
import { Later } from "./core/later.ts";
import { watchSystemTheme } from "./core/theme.ts";
import { watchVisibility } from "./core/visibility.ts";
import { FilterChips } from "./find/filter-chips.ts";
import { FilterForm } from "./find/filter-form.ts";
import { type Command, Palette } from "./find/palette.ts";
import type { FirstView } from "./first-view.ts";
import { fetchOldest } from "./history/history-client.ts";
import { MapView } from "./map/map-view.ts";
import { type MapPart, showNoMap } from "./map/no-map.ts";
import { renderConnectionStatus } from "./panels/connection-status.ts";
import { renderCounters } from "./panels/counters.ts";
import { renderDetails } from "./panels/details.ts";
import { renderEmergencies } from "./panels/emergencies.ts";
import { renderHome } from "./panels/home-settings.ts";
import { renderIdentity } from "./panels/identity.ts";
import { renderLateReason } from "./panels/late-reason.ts";
import { layerCommands } from "./panels/layer-commands.ts";
import { renderLayers } from "./panels/layers.ts";
import { renderLegend } from "./panels/legend.ts";
import { renderPanels, uncoverMap } from "./panels/panels.ts";
import { renderSelection } from "./panels/selection-list.ts";
import { renderSettings } from "./panels/settings.ts";
import { renderShapeLegend } from "./panels/shape-legend.ts";
import type { Statistics } from "./panels/statistics/statistics.ts";
import { renderWatched } from "./panels/watch/watch.ts";
import { mayNotify } from "./panels/watch/watch-notifications.ts";
import { SlowLine } from "./slow-line.ts";
import { readAddress } from "./store/address.ts";
import { GroupTracks } from "./store/group-tracks.ts";
import { Identities } from "./store/identities.ts";
import { keepSettings } from "./store/keep-settings.ts";
import { SelectedAircraft } from "./store/selected-aircraft.ts";
import { SelectedIdentity } from "./store/selected-identity.ts";
import { readSettings } from "./store/settings.ts";
import { Store } from "./store/store.ts";
import { watch } from "./store/watch.ts";
import { WatchedAircraft } from "./store/watched-aircraft.ts";
import { Feed, type FeedListener } from "./stream/feed.ts";
import { Readiness } from "./stream/readiness.ts";
import { StreamWindows } from "./stream/stream-windows.ts";
import { Table } from "./table/table.ts";
import type { AirportPanel } from "./time/airport-panel.ts";
import type { FlightActions } from "./time/flight-row.ts";
import { PastFlights } from "./time/past-flights.ts";
import { TimeBar } from "./time/time-bar.ts";

/** The pause after a request of the configuration that was not answered. */
const CONFIGURATION_RETRY_MS = 10_000;
/** The pause before the statistics are loaded, which count events from then on: the aircraft come first. */
const FIRST_VIEW_MS = 2_000;
/** The map shows the runways of an airport from this zoom level on. */
const AIRPORT_ZOOM = 11;
const FLEET_EVENTS: ReadonlySet<string> = new Set(["snapshot", "update", "remove"]);

/** Returns the state that the address and the kept settings describe. */
function openStore(): Store {
  const kept = readSettings();
  return new Store(readAddress(location.search, kept), kept);
}

export class Page {
  private readonly store = openStore();
  private readonly feed: Feed = this.createFeed();
  private readonly actions = new Actions(this.store, this.feed);
  private readonly address = new AddressBar(this.store, () => this.feed.playback);
  private readonly aircraft = new SelectedAircraft(this.store);
  private readonly group = new GroupTracks(this.store);
  private readonly identities = new Identities(this.store);
  private readonly watched = new WatchedAircraft(this.store, this.identities);
  private readonly map: MapPart;
  private readonly slowLine: SlowLine = this.createSlowLine();
  private readonly statistics: Later<Statistics>;
  private readonly flights: PastFlights;
  /** Loaded when an airport is first opened. */
  private airport: Promise<AirportPanel> | null = null;

  constructor(first: FirstView) {
    const { store } = this;
    keepSettings(store);
    watchSystemTheme((isDark) => {
      store.isSystemDark.value = isDark;
    });
    // Before the views, so that they render the time of a new request and not that of the last one.
    this.watchFeed();
    this.map = this.createMap(first);
    this.statistics = this.createStatistics();
    this.flights = new PastFlights(element("past-flights"), this.store, this.flightActions());
    this.createPanels();
    this.createControls();
    this.loadOpened();
    void this.loadConfiguration(first.configuration);
  }

  private createMap({ base }: FirstView): MapPart {
    const { store, actions, aircraft } = this;
    if (base === null) {
      return showNoMap(element("map"));
    }
    return new MapView(base, store, aircraft, {
      now: () => this.feed.now(),
      select: (icao24) => actions.select(icao24),
      group: this.group,
      toggleSelected: (icao24) => actions.toggleSelected(icao24),
      addToSelection: (icao24s) => actions.addToSelection(icao24s),
      openAirport: (code) => actions.openAirport(code),
    });
  }

  private createStatistics(): Later<Statistics> {
    const host = element("statistics-body");
    return new Later(host, async () => {
      const { Statistics } = await import("./panels/statistics/statistics.ts");
      return new Statistics(host, this.store, this.actions);
    });
  }

  /** Loads the statistics when they are opened. */
  private loadOpened(): void {
    watch(
      () => this.store.side.value,
      (side) => {
        if (side === "statistics") {
          this.statistics.use();
        }
      },
    );
  }

  private createSlowLine(): SlowLine {
    return new SlowLine(this.store, {
      bbox: () => this.map.area.visible(),
      isVisible: (longitude, latitude) => this.map.isVisible(longitude, latitude),
    });
  }

  private flightActions(): FlightActions {
    const { store, actions } = this;
    return {
      showFlight: (flight) =>
        batch(() => {
          uncoverMap(store);
          actions.select(flight.icao24, flight);
        }),
      replayFlight: (flight) =>
        batch(() => {
          uncoverMap(store);
          actions.replayFlight(flight);
        }),
    };
  }

  private createFeed(): Feed {
    const listener: FeedListener = {
      onEvent: (event, data) => this.onEvent(event, data),
      onState: (state, reason) => {
        this.store.status.value = { state, reason };
      },
      onCaughtUp: () => this.store.seek(null),
      onLine: (isSlow) => this.slowLine.onLine(isSlow),
    };
    return new Feed(this.store.fleet, listener, new StreamWindows());
  }

  private createPanels(): void {
    const { store, actions, aircraft } = this;
    const visit = (icao24: string) => this.visit(icao24);
    const readiness = new Readiness((time) => this.feed.adjustServerTime(time));
    renderSettings(store);
    renderShapeLegend(store);
    renderHome(store, {
      pickPlace: () => this.map.picking.pick(),
      setFilter: (name, value) => actions.setFilter(name, value),
      copyWithHome: (home) => this.address.copyWithHome(home),
    });
    renderPanels(store, actions);
    renderConnectionStatus(store);
    renderCounters(store);
    renderLegend(store);
    renderLateReason(store, readiness);
    renderEmergencies(store, { visit, listEmergencies: () => actions.listEmergencies() });
    renderWatched(store, this.watched, {
      visit,
      list: (addresses) => actions.listAircraft(addresses),
    });
    renderIdentity(new SelectedIdentity(store));
    renderDetails(store, aircraft, {
      select: () => actions.select(null),
      pointAt: (time) => {
        aircraft.pointedTime.value = time;
      },
    });
    renderSelection(store, this.map.tools, actions);
    renderLayers(store, this.map.tools, this.group, actions);
    new FilterForm(element("filter-form"), store, {
      setFilters: (filters) => actions.setFilters(filters),
      drawArea: () => this.map.area.draw(),
      mapArea: () => this.map.area.visible(),
    });
    new FilterChips(element("chips"), store, (name) => actions.setFilter(name, null));
    new Table(element("table"), store, this.identities, {
      select: visit,
      toggleSelected: (icao24) => actions.toggleSelected(icao24),
      isVisible: (longitude, latitude) => this.map.isVisible(longitude, latitude),
    });
    new TimeBar(element("time"), store);
    watch(
      () => store.airport.value,
      (code) => {
        if (code !== null) {
          this.airport ??= this.createAirportPanel();
        }
      },
    );
  }

  private async createAirportPanel(): Promise<AirportPanel> {
    const { store } = this;
    const { AirportPanel } = await import("./time/airport-panel.ts");
    return new AirportPanel(element("airport"), store, {
      ...this.flightActions(),
      close: () => {
        store.airport.value = null;
      },
      goTo: (place) => this.map.goTo(place, AIRPORT_ZOOM),
      findFlights: (code) => this.findFlights(code, "airport"),
    });
  }

  private createControls(): void {
    const { store, actions } = this;
    const commands = this.commands();
    const palette = new Palette(element<HTMLDialogElement>("palette"), store, this.identities, {
      select: (icao24) => this.visit(icao24),
      setFilter: (name, value) => actions.setFilter(name, value),
      findFlights: (callsign) => this.findFlights(callsign, "callsign"),
      openAirport: (airport) => {
        batch(() => {
          uncoverMap(store);
          actions.openAirport(airport.icao);
        });
        // Only then is it known which part of the map the panel leaves visible.
        void this.airport?.then((panel) => {
          this.map.goTo(airport, AIRPORT_ZOOM);
          panel.focus();
        });
      },
      goTo: (place, minZoom) => {
        uncoverMap(store);
        this.map.goTo(place, minZoom);
      },
      commands,
    });
    element("open-palette").addEventListener("click", () => palette.open());
    element("copy").addEventListener("click", () => void this.address.copy());
    listenToKeys([
      ...commands,
      { keys: "/", run: () => palette.open() },
      { keys: "Escape", run: () => actions.dismiss() },
    ]);
  }

  /** Opens the past flights with those whose callsign begins like this, or those of an airport. */
  private findFlights(text: string, kind: "callsign" | "airport"): void {
    this.store.side.value = "past";
    this.flights.find(text, kind);
  }

  /** Returns the commands of the palette; some have a key too. */
  private commands(): Command[] {
    const { store, actions, map } = this;
    return [
      { name: "Filters", keys: "f", run: () => actions.toggle("filters") },
      { name: "Table", keys: "t", run: () => actions.toggleTable() },
      { name: "Statistics", keys: "s", run: () => actions.toggle("statistics") },
      { name: "Past flights", keys: "p", run: () => actions.toggle("past") },
      { name: "Watch list", keys: "w", run: () => actions.toggle("watch") },
      { name: "Layers and tools", keys: "o", run: () => actions.toggle("layers") },
      ...layerCommands(store, map.tools, actions),
      { name: "Settings", run: () => actions.toggle("settings") },
      { name: "Emergencies only", run: () => actions.setFilter("squawk", "emergency") },
      { name: "Clear all filters", run: () => actions.setFilters(new Map()) },
      { name: "Back to live", run: () => store.seek(null) },
      { name: "Next aircraft in view", keys: "n", run: () => map.selectNext(1) },
      { name: "Previous aircraft in view", keys: "N", run: () => map.selectNext(-1) },
      { name: "Map to home", keys: "h", run: () => map.flyToHome() },
      { name: "Follow", keys: "l", run: () => map.following.toggle() },
      { name: "Copy link", run: () => void this.address.copy() },
    ];
  }

  private watchFeed(): void {
    const { store, feed } = this;
    this.setTime();
    watch(
      () => store.query.value,
      (query) => {
        if (query !== null) {
          feed.request(query);
          this.setTime();
        }
      },
    );
    watchVisibility({
      onHidden: () => feed.pause(),
      onVisible: () => feed.resume(),
      isNeeded: () => this.watched.isNotifying.value && store.isLive.value && mayNotify(),
    });
    setInterval(() => store.tick(feed.now(), feed.newest()), 1_000);
  }

  private onEvent(event: string, data: unknown): void {
    this.statistics.part?.onEvent(event, data);
    if (FLEET_EVENTS.has(event)) {
      if (this.store.fleetRevision.peek() === 0) {
        setTimeout(() => this.statistics.use(), FIRST_VIEW_MS);
      }
      this.store.applyEvent(this.feed.now(), this.feed.newest());
    }
  }

  private setTime(): void {
    this.store.setTime(this.feed.now(), this.feed.newest());
  }

  /** Selects an aircraft and flies to it. */
  private visit(icao24: string): void {
    batch(() => {
      uncoverMap(this.store);
      this.actions.select(icao24);
    });
    this.map.flyToSelected();
  }

  /** Without a configuration the page works, but has no base map and no sign-in; it asks again. */
  private async loadConfiguration(
    request: FirstView["configuration"] = fetchConfiguration(),
  ): Promise<void> {
    const { store, feed } = this;
    try {
      const configuration = await request;
      feed.adjustServerTime(configuration.time);
      feed.setHeartbeat(configuration.heartbeat_seconds);
      store.configuration.value = configuration;
    } catch {
      setTimeout(() => void this.loadConfiguration(), CONFIGURATION_RETRY_MS);
    }
    store.isServerTimeKnown.value = true;
    store.oldest.value = await fetchOldest(feed.newest());
  }
}
