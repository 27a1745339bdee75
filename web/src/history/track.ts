/** The track of one aircraft as columns of numbers, which grow while it flies on. */

import { Parts, SILENCE_S } from "./parts.ts";
import {
  type Fix,
  HIGHEST_M,
  isClimbPlausible,
  isStepPlausible,
  type Level,
} from "./plausibility.ts";

const FIRST_CAPACITY = 256;

/** One state vector of a track, in OpenSky's units; NaN is "not received". */
export interface TrackPoint {
  /** Unix seconds, OpenSky's last_contact. */
  time: number;
  /** Unix seconds, OpenSky's time_position. */
  positionTime: number;
  longitude: number;
  latitude: number;
  /** Barometric, or geometric where only that was received. */
  altitude: number;
  velocity: number;
  onGround: boolean;
  /** Whether the server takes the position for wrong; undefined where it does not say. */
  isImplausible?: boolean | undefined;
}

/** Stands for the part of what has no value. */
const NO_PART = -1;
/** What the server says of a position, if it says anything. */
const [UNJUDGED, ACCEPTED, REFUSED] = [0, 1, 2];

/** Only the first `length` numbers of each column count. Columns are replaced as they grow. */
export class Track {
  readonly icao24: string;
  length = 0;
  times: Float64Array;
  /** Of the positions. */
  positionTimes: Float64Array;
  longitudes: Float64Array;
  latitudes: Float64Array;
  altitudes: Float32Array;
  velocities: Float32Array;
  /** 1 is on the ground. */
  onGround: Uint8Array;
  private readonly positions = new Parts<Fix>(isStepPlausible);
  private readonly levels = new Parts<Level>(isClimbPlausible);
  private positionParts: Int32Array;
  private levelParts: Int32Array;
  private verdicts: Uint8Array;

  constructor(icao24: string, capacity = FIRST_CAPACITY) {
    this.icao24 = icao24;
    this.times = new Float64Array(capacity);
    this.longitudes = new Float64Array(capacity);
    this.latitudes = new Float64Array(capacity);
    this.altitudes = new Float32Array(capacity);
    this.velocities = new Float32Array(capacity);
    this.onGround = new Uint8Array(capacity);
    this.positionTimes = new Float64Array(capacity);
    this.positionParts = new Int32Array(capacity);
    this.levelParts = new Int32Array(capacity);
    this.verdicts = new Uint8Array(capacity);
  }

  /** Unix seconds of the first state vector; NaN if there is none. */
  get first(): number {
    return this.length === 0 ? Number.NaN : (this.times[0] as number);
  }

  /** Unix seconds of the last state vector; NaN if there is none. */
  get last(): number {
    return this.length === 0 ? Number.NaN : (this.times[this.length - 1] as number);
  }

  /** Adds what is newer than the last; says whether it was. */
  append(point: TrackPoint): boolean {
    if (Number.isNaN(point.time) || point.time <= this.last) {
      return false;
    }
    const index = this.length;
    if (index === this.times.length) {
      this.grow();
    }
    this.times[index] = point.time;
    this.longitudes[index] = point.longitude;
    this.latitudes[index] = point.latitude;
    this.altitudes[index] = point.altitude;
    this.velocities[index] = point.velocity;
    this.onGround[index] = point.onGround ? 1 : 0;
    this.positionTimes[index] = Number.isNaN(point.positionTime) ? point.time : point.positionTime;
    this.verdicts[index] = verdictOf(point);
    this.positionParts[index] = this.hasPosition(index)
      ? this.positions.add(this.fixAt(index))
      : NO_PART;
    this.levelParts[index] = point.altitude <= HIGHEST_M ? this.levels.add(point) : NO_PART;
    this.length = index + 1;
    return true;
  }

  hasPosition(index: number): boolean {
    return !Number.isNaN((this.longitudes[index] as number) + (this.latitudes[index] as number));
  }

  /** Says whether there is a position, and it is not believed; one that is new may come to be. */
  isPositionImplausible(index: number): boolean {
    const [part = NO_PART, verdict = UNJUDGED] = [this.positionParts[index], this.verdicts[index]];
    return (
      part !== NO_PART &&
      (verdict === UNJUDGED ? !this.positions.isBelieved(part) : verdict === REFUSED)
    );
  }

  /** Says whether there is a position, and it does not follow from most of the others. */
  isPositionDoubtful(index: number): boolean {
    const part = this.positionParts[index] ?? NO_PART;
    const isElsewhere = part !== NO_PART && !this.positions.isLongest(part);
    return isElsewhere || this.isPositionImplausible(index);
  }

  /** Says whether there is an altitude, and it is not believed. */
  isAltitudeImplausible(index: number): boolean {
    const part = this.levelParts[index] ?? NO_PART;
    return part === NO_PART ? !Number.isNaN(this.altitudes[index]) : !this.levels.isBelieved(part);
  }

  /** Gives a position and its time. */
  fixAt(index: number): Fix {
    return {
      time: this.positionTimes[index] as number,
      longitude: this.longitudes[index] as number,
      latitude: this.latitudes[index] as number,
    };
  }

  /** Gives the index of the newest position that was received until a time; -1 if there is none. */
  positionBefore(time: number): number {
    let index = this.nearest(time);
    while (index >= 0 && (!this.hasPosition(index) || (this.times[index] as number) > time)) {
      index -= 1;
    }
    return index;
  }

  /** Gives the index of the state vector nearest to a time; -1 if there is none. O(log n). */
  nearest(time: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.times[middle] as number) < time) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low === this.length || (low > 0 && this.isNearer(low - 1, low, time))) {
      return low - 1;
    }
    return low;
  }

  private isNearer(one: number, other: number, time: number): boolean {
    return time - (this.times[one] as number) <= (this.times[other] as number) - time;
  }

  private grow(): void {
    const capacity = Math.max(this.times.length * 2, FIRST_CAPACITY);
    this.times = copy(this.times, new Float64Array(capacity));
    this.longitudes = copy(this.longitudes, new Float64Array(capacity));
    this.latitudes = copy(this.latitudes, new Float64Array(capacity));
    this.altitudes = copy(this.altitudes, new Float32Array(capacity));
    this.velocities = copy(this.velocities, new Float32Array(capacity));
    this.onGround = copy(this.onGround, new Uint8Array(capacity));
    this.positionTimes = copy(this.positionTimes, new Float64Array(capacity));
    this.positionParts = copy(this.positionParts, new Int32Array(capacity));
    this.levelParts = copy(this.levelParts, new Int32Array(capacity));
    this.verdicts = copy(this.verdicts, new Uint8Array(capacity));
  }
}

function verdictOf({ isImplausible }: TrackPoint): number {
  if (isImplausible === undefined) {
    return UNJUDGED;
  }
  return isImplausible ? REFUSED : ACCEPTED;
}

function copy<Column extends Float64Array | Float32Array | Int32Array | Uint8Array>(
  from: Column,
  into: Column,
): Column {
  into.set(from);
  return into;
}

/**
 * Yields the first and last index of each stretch without a silence or a missing value.
 *
 * @param isLeftOut Says of an index that it is as if it were missing.
 */
export function* stretches(
  track: Track,
  column: Float32Array | Float64Array,
  isLeftOut: (index: number) => boolean = () => false,
): Generator<[first: number, last: number]> {
  let first = -1;
  for (let index = 0; index <= track.length; index++) {
    const isMissing = index === track.length || Number.isNaN(column[index]) || isLeftOut(index);
    const isLate =
      index > 0 && (track.times[index] as number) - (track.times[index - 1] as number) > SILENCE_S;
    if (first >= 0 && (isMissing || isLate)) {
      yield [first, index - 1];
      first = -1;
    }
    if (first < 0 && !isMissing) {
      first = index;
    }
  }
}
