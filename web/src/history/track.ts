/** The track of one aircraft as columns of numbers, to which new state vectors are appended. */

import {
  type Fix,
  HIGHEST_M,
  isClimbPlausible,
  isStepPlausible,
  type Level,
} from "./plausibility.ts";
import { PlausibleParts, SILENCE_S } from "./plausible-parts.ts";

const FIRST_CAPACITY = 256;

/** One state vector of a track, in OpenSky's units; NaN is "not received". */
export interface TrackPoint {
  /** Unix seconds, OpenSky's last_contact. */
  time: number;
  /** Unix seconds, OpenSky's time_position. */
  positionTime: number;
  longitude: number;
  latitude: number;
  /** The barometric altitude, or the geometric one if only that was received. */
  altitude: number;
  velocity: number;
  onGround: boolean;
  /** Whether the server considers the position implausible; undefined if it does not say. */
  isImplausible?: boolean | undefined;
}

/** The part of a state vector without a value. */
const NO_PART = -1;
/** The server's verdict on a position. */
const [UNJUDGED, PLAUSIBLE, IMPLAUSIBLE] = [0, 1, 2];

/** The first `length` numbers of each column are valid. A column that grows is replaced: do not keep it. */
export class Track {
  readonly icao24: string;
  length = 0;
  times: Float64Array;
  /** The time of each position. */
  positionTimes: Float64Array;
  longitudes: Float64Array;
  latitudes: Float64Array;
  altitudes: Float32Array;
  velocities: Float32Array;
  /** 1 is on the ground. */
  onGround: Uint8Array;
  private readonly positions = new PlausibleParts<Fix>(isStepPlausible);
  private readonly levels = new PlausibleParts<Level>(isClimbPlausible);
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

  /** Appends a state vector if it is newer than the last one, and returns whether it was. */
  append(point: TrackPoint): boolean {
    if (Number.isNaN(point.time) || point.time <= this.last) {
      return false;
    }
    const index = this.length;
    if (index === this.times.length) {
      this.enlarge();
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

  /** Whether there is a position, and it is implausible; later positions can confirm a new one. */
  isPositionImplausible(index: number): boolean {
    const [part = NO_PART, verdict = UNJUDGED] = [this.positionParts[index], this.verdicts[index]];
    return (
      part !== NO_PART &&
      (verdict === UNJUDGED ? !this.positions.isPlausible(part) : verdict === IMPLAUSIBLE)
    );
  }

  /** Whether there is a position that does not follow from most of the others. */
  isPositionDoubtful(index: number): boolean {
    const part = this.positionParts[index] ?? NO_PART;
    const isElsewhere = part !== NO_PART && !this.positions.isLongest(part);
    return isElsewhere || this.isPositionImplausible(index);
  }

  /** Whether there is an altitude, and it is implausible. */
  isAltitudeImplausible(index: number): boolean {
    const part = this.levelParts[index] ?? NO_PART;
    return part === NO_PART ? !Number.isNaN(this.altitudes[index]) : !this.levels.isPlausible(part);
  }

  /** Returns a position and its time. */
  fixAt(index: number): Fix {
    return {
      time: this.positionTimes[index] as number,
      longitude: this.longitudes[index] as number,
      latitude: this.latitudes[index] as number,
    };
  }

  /** Returns the index of the newest position received by a time; -1 if there is none. */
  positionBefore(time: number): number {
    let index = this.nearest(time);
    while (index >= 0 && (!this.hasPosition(index) || (this.times[index] as number) > time)) {
      index -= 1;
    }
    return index;
  }

  /** Returns the index of the state vector nearest to a time; -1 if there is none. O(log n). */
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

  private enlarge(): void {
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
  return isImplausible ? IMPLAUSIBLE : PLAUSIBLE;
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
 * @param isLeftOut Whether the value at an index is to be treated as missing.
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
