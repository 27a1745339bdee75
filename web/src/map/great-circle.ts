/** Dashes along the great circle between two places, for a stretch without received positions. */

/** Degrees. */
interface Place {
  longitude: number;
  latitude: number;
}

type Vector = [x: number, y: number, z: number];

/** A stretch has at most this many dashes, however far the map is zoomed in. */
const MAX_DASHES = 5_000;
/** The share of a dash in its period; the rest is a gap, half of it before the dash. */
const DASH = 0.45;

/** One dash; the fractions say how far along the stretch its ends are, from 0 to 1. */
export interface Dash {
  from: Place;
  to: Place;
  fromFraction: number;
  toFraction: number;
}

/**
 * Yields the dashes between two places, in order.
 *
 * @param metres The distance of the two places.
 * @param period The metres from the beginning of a dash to that of the next one.
 */
export function* dashesBetween(
  from: Place,
  to: Place,
  metres: number,
  period: number,
): Generator<Dash> {
  const [one, other] = [vectorOf(from), vectorOf(to)];
  const count = Math.min(Math.max(Math.floor(metres / period), 1), MAX_DASHES);
  for (let index = 0; index < count; index++) {
    const fromFraction = (index + (1 - DASH) / 2) / count;
    const toFraction = fromFraction + DASH / count;
    yield {
      from: placeBetween(one, other, fromFraction),
      to: placeBetween(one, other, toFraction),
      fromFraction,
      toFraction,
    };
  }
}

/** Returns `pieces + 1` places along the great circle, both ends included. */
export function greatCircle(
  from: readonly [longitude: number, latitude: number],
  to: readonly [longitude: number, latitude: number],
  pieces: number,
): [longitude: number, latitude: number][] {
  const [one, other] = [from, to].map(([longitude, latitude]) =>
    vectorOf({ longitude, latitude }),
  ) as [Vector, Vector];
  return Array.from({ length: pieces + 1 }, (_, index) => {
    const { longitude, latitude } = placeBetween(one, other, index / pieces);
    return [longitude, latitude];
  });
}

/** Interpolates on the sphere (slerp); places at the two ends of a diameter have no one way. */
function placeBetween(one: Vector, other: Vector, fraction: number): Place {
  const cosine = one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
  const angle = Math.acos(Math.min(Math.max(cosine, -1), 1));
  const sine = Math.sin(angle);
  const [before, after] =
    sine < 1e-9
      ? [1 - fraction, fraction]
      : [Math.sin((1 - fraction) * angle) / sine, Math.sin(fraction * angle) / sine];
  return placeOf([
    before * one[0] + after * other[0],
    before * one[1] + after * other[1],
    before * one[2] + after * other[2],
  ]);
}

function vectorOf({ longitude, latitude }: Place): Vector {
  const [east, north] = [(longitude * Math.PI) / 180, (latitude * Math.PI) / 180];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}

function placeOf([x, y, z]: Vector): Place {
  return {
    longitude: (Math.atan2(y, x) * 180) / Math.PI,
    latitude: (Math.atan2(z, Math.hypot(x, y)) * 180) / Math.PI,
  };
}
