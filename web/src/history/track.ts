/** The track of one aircraft as columns of numbers, which grow while it flies on. */

/** After longer than this without a state vector a line is not drawn through. */
export const SILENCE_S = 300;

const FIRST_CAPACITY = 256;

/** One state vector of a track, in OpenSky's units; NaN is "not received". */
export interface TrackPoint {
  /** Unix seconds, OpenSky's last_contact. */
  time: number;
  longitude: number;
  latitude: number;
  /** Barometric, or geometric where only that was received. */
  altitude: number;
  velocity: number;
  onGround: boolean;
}

/** Only the first `length` numbers of each column count. Columns are replaced as they grow. */
export class Track {
  readonly icao24: string;
  length = 0;
  times: Float64Array;
  longitudes: Float64Array;
  latitudes: Float64Array;
  altitudes: Float32Array;
  velocities: Float32Array;
  /** 1 is on the ground. */
  onGround: Uint8Array;

  constructor(icao24: string, capacity = FIRST_CAPACITY) {
    this.icao24 = icao24;
    this.times = new Float64Array(capacity);
    this.longitudes = new Float64Array(capacity);
    this.latitudes = new Float64Array(capacity);
    this.altitudes = new Float32Array(capacity);
    this.velocities = new Float32Array(capacity);
    this.onGround = new Uint8Array(capacity);
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
    this.length = index + 1;
    return true;
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
  }
}

function copy<Column extends Float64Array | Float32Array | Uint8Array>(
  from: Column,
  into: Column,
): Column {
  into.set(from);
  return into;
}

/** Yields the first and last index of each stretch without a silence or a missing value. */
export function* stretches(
  track: Track,
  column: Float32Array | Float64Array,
): Generator<[first: number, last: number]> {
  let first = -1;
  for (let index = 0; index <= track.length; index++) {
    const isMissing = index === track.length || Number.isNaN(column[index]);
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
