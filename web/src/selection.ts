/** The selected aircraft: its details, the way that it has come, and following it. */

import { Profile } from "./charts/profile.ts";
import { element } from "./core/elements.ts";
import type { System } from "./core/units.ts";
import type { Flight } from "./history/answers.ts";
import { fetchFlights, fetchTrack, isAbort } from "./history/history-client.ts";
import { HistoryError } from "./history/history-error.ts";
import { SILENCE_S } from "./history/parts.ts";
import { Track } from "./history/track.ts";
import type { AircraftOverlay } from "./map/aircraft-overlay.ts";
import { positionOf } from "./map/dead-reckoning.ts";
import { type Extra, fetchExtra, showDetails } from "./panels/details.ts";
import type { Fleet } from "./stream/fleet.ts";
import type { Moment } from "./time/moment.ts";

/** Enough for every turn of a long flight. */
const MAX_POINTS = 3_000;
/** A flight goes on for a while before and after what is stored of it. */
const MARGIN_S = 300;
const NOT_FOUND = 404;

/** What the page shows, as far as the selection must know. */
export interface Showing {
  system(): System;
  /** Null is now. */
  moment(): Moment | null;
  /** Unix seconds. */
  now(): number;
}

export class Selection {
  icao24: string | null = null;
  /** A past flight of it that was asked for. */
  flight: Flight | null = null;
  private extra: Extra | null = null;
  private track: Track | null = null;
  private asking = new AbortController();
  private readonly fleet: Fleet;
  private readonly sky: AircraftOverlay;
  private readonly showing: Showing;
  private readonly profile: Profile;

  constructor(fleet: Fleet, sky: AircraftOverlay, showing: Showing) {
    this.fleet = fleet;
    this.sky = sky;
    this.showing = showing;
    this.profile = new Profile(element("profile"), {
      hover: (time) => this.point(time),
    });
  }

  /** The aircraft's slot; null if it is not in the picture. */
  get slot(): number | null {
    return this.icao24 === null ? null : (this.fleet.slotOf(this.icao24) ?? null);
  }

  /** Where it is drawn: longitude and latitude; null if it is not. */
  get position(): [longitude: number, latitude: number] | null {
    const { slot } = this;
    return slot === null ? null : positionOf(this.fleet, slot, this.sky.glideTime);
  }

  /** Where it is drawn; null if that is not believed. */
  get believed(): [longitude: number, latitude: number] | null {
    const index = this.newestPosition;
    return index >= 0 && this.track?.isPositionImplausible(index) ? null : this.position;
  }

  /** Index in the track of the position that the map shows; -1 if there is none. */
  private get newestPosition(): number {
    const now = this.showing.now();
    const index = this.track?.positionBefore(now) ?? -1;
    return now - (this.track?.times[index] ?? Number.NaN) <= SILENCE_S ? index : -1;
  }

  /**
   * Takes another aircraft, or none; with a flight that one, else the one that is shown.
   *
   * Gives its track; null where there is none, or where something else was chosen since.
   */
  choose(icao24: string | null, flight: Flight | null = null): Promise<Track | null> {
    this.icao24 = icao24;
    this.flight = flight;
    this.extra = null;
    this.show(null);
    this.grow();
    return this.learn();
  }

  /** Takes that another time is shown, when the aircraft may have been on another flight. */
  turn(): void {
    const { flight, track } = this;
    const moment = this.showing.moment();
    const isCovered =
      track !== null &&
      moment !== null &&
      moment.time >= track.first - MARGIN_S &&
      moment.time <= track.last + MARGIN_S;
    if (this.icao24 !== null && flight === null && !isCovered) {
      void this.learn();
    }
  }

  /** Takes what the stream has told of the aircraft. */
  grow(): void {
    const { slot, track, fleet } = this;
    this.sky.selected = slot;
    if (slot === null || track === null || this.flight !== null || this.showing.moment() !== null) {
      return;
    }
    const isLonger = track.append({
      time: fleet.measure("last_contact", slot),
      positionTime: fleet.measure("time_position", slot),
      longitude: fleet.measure("longitude", slot),
      latitude: fleet.measure("latitude", slot),
      altitude: fleet.measure("baro_altitude", slot),
      velocity: fleet.measure("velocity", slot),
      onGround: fleet.measure("on_ground", slot) === 1,
    });
    if (isLonger) {
      this.profile.refresh();
    }
  }

  /** Writes the numbers of this second. */
  tell(): void {
    const { fleet, icao24, slot, extra, flight } = this;
    const [system, now] = [this.showing.system(), this.showing.now()];
    const index = this.newestPosition;
    const isPositionDoubtful = index >= 0 && this.track?.isPositionDoubtful(index) === true;
    const shown = { fleet, slot, extra, flight, isPositionDoubtful, system, now };
    showDetails(icao24 === null ? null : { icao24, ...shown });
    this.profile.mark(now);
  }

  /** Writes everything in other units, or in another theme's colours. */
  dress(): void {
    if (this.track !== null) {
      this.profile.show(this.track, this.showing.system());
    }
  }

  /** Asks for what the stream does not tell: a track, and two fields. */
  private async learn(): Promise<Track | null> {
    this.asking.abort();
    this.asking = new AbortController();
    const { icao24, asking } = this;
    if (icao24 === null) {
      return null;
    }
    this.profile.say("Asking for the track …");
    const isLive = this.showing.moment() === null;
    const [track, extra] = await Promise.all([
      this.fetchTrack(icao24, asking.signal),
      isLive ? fetchExtra(icao24) : null,
    ]);
    if (asking.signal.aborted) {
      return null;
    }
    this.extra = extra;
    this.show(track);
    this.grow();
    this.tell();
    return track;
  }

  /** Gives null, and tells why, where the history does not answer. */
  private async fetchTrack(icao24: string, signal: AbortSignal): Promise<Track | null> {
    try {
      const flight = this.flight ?? (await this.flightShown(icao24, signal));
      const range = flight === null ? {} : { from: flight.first_seen, to: flight.last_seen };
      return await fetchTrack(icao24, { ...range, maxPoints: MAX_POINTS }, signal);
    } catch (error) {
      if (isAbort(error) || (error instanceof HistoryError && error.status === NOT_FOUND)) {
        // Nothing is stored yet; it grows from here on.
        return new Track(icao24);
      }
      this.profile.say((error as Error).message);
      return null;
    }
  }

  /** Finds the flight that the aircraft was on at the moment that is shown; null for the newest. */
  private async flightShown(icao24: string, signal: AbortSignal): Promise<Flight | null> {
    const moment = this.showing.moment();
    if (moment === null) {
      return null;
    }
    const question = { icao24, from: moment.time, to: moment.time, limit: 1 };
    return (await fetchFlights(question, signal)).flights[0] ?? null;
  }

  private show(track: Track | null): void {
    this.track = track;
    this.sky.trail.show(track);
    this.sky.redraw();
    if (track !== null) {
      this.profile.show(track, this.showing.system());
    }
  }

  /** Marks on the map what is pointed at in the profile. */
  private point(time: number | null): void {
    const { track } = this;
    const index = track === null || time === null ? -1 : track.nearest(time);
    this.sky.trail.highlight(
      track === null || index < 0
        ? null
        : [track.longitudes[index] as number, track.latitudes[index] as number],
    );
    this.sky.redraw();
  }
}
