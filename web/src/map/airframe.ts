/** Builds the outlines of aircraft from their parts: fuselages, wings, engines and rotors. */

/** A closed polygon: x to the right and y to the tail, one after the other, in a box from -16 to 16. */
export type Polygon = readonly number[];

/** Returns a polygon that is symmetric to the axis, from its right half: points from nose to tail. */
export function mirrored(...half: number[]): Polygon {
  const whole = [...half];
  for (let at = half.length - 2; at >= 0; at -= 2) {
    whole.push(-(half[at] as number), half[at + 1] as number);
  }
  return whole;
}

/** Returns a polygon on the right and its reflection on the left. */
export function pair(...right: number[]): Polygon[] {
  return [right, right.map((value, at) => (at % 2 === 0 ? -value : value))];
}

/** Returns a body with a round nose and a tail that tapers to a point over `cone` units. */
export function fuselage(halfWidth: number, nose: number, tail: number, cone = 6): Polygon {
  const [wide, tip] = [halfWidth, nose];
  return mirrored(
    ...[0.35 * wide, tip, 0.8 * wide, tip + 0.8 * wide, wide, tip + 2 * wide],
    ...[wide, tail - cone, 0.3 * wide, tail],
  );
}

/**
 * Returns a wing or a tailplane: its leading edge begins at `root` on the axis and ends at `tip`, at
 * half the span; a tip behind the root is a sweep.
 */
export function wing(
  root: number,
  rootChord: number,
  halfSpan: number,
  tip: number,
  tipChord: number,
): Polygon {
  return mirrored(0, root, halfSpan, tip, halfSpan, tip + tipChord, 0, root + rootChord);
}

/** Returns a pair of nacelles, each `length` long from `front`, at this distance from the axis. */
export function engines(aside: number, front: number, length = 3.4, halfWidth = 1): Polygon[] {
  const [inner, outer, end] = [aside - halfWidth, aside + halfWidth, front + length];
  return pair(inner, front, outer, front, outer - 0.3, end, inner + 0.3, end);
}

/** Returns a pair of nacelles with propellers in front of them. */
export function propellers(aside: number, front: number, radius: number, length = 4.5): Polygon[] {
  return [...engines(aside, front, length, 0.8), ...bar(aside, front - 0.7, radius)];
}

/** Returns a pair of propellers seen from above. */
function bar(aside: number, front: number, radius: number): Polygon[] {
  const [inner, outer, end] = [aside - radius, aside + radius, front + 0.9];
  return pair(inner, front, outer, front, outer, end, inner, end);
}

/** Returns one propeller on the axis. */
export function propeller(front: number, radius: number): Polygon {
  return mirrored(radius, front, radius, front + 0.9);
}

/** Returns the blades of a rotor, evenly around its hub, the first at `turned` degrees from the nose. */
export function rotor(
  [x, y]: readonly [x: number, y: number],
  radius: number,
  blades: number,
  turned = 45,
): Polygon[] {
  return Array.from({ length: blades }, (_, blade) => {
    const angle = ((turned + (360 * blade) / blades) * Math.PI) / 180;
    const [ahead, aside] = [
      [Math.sin(angle), -Math.cos(angle)],
      [Math.cos(angle), Math.sin(angle)],
    ] as const;
    const at = (along: number, across: number) => [
      x + along * ahead[0] + across * aside[0],
      y + along * ahead[1] + across * aside[1],
    ];
    return [...at(0, -0.8), ...at(radius, -0.65), ...at(radius, 0.65), ...at(0, 0.8)];
  });
}

/** Returns an ellipse around a place on the axis. */
export function ellipse(y: number, halfWidth: number, halfLength: number, x = 0): Polygon {
  const points: number[] = [];
  for (let step = 0; step < 24; step++) {
    const angle = (step * Math.PI) / 12;
    points.push(x + halfWidth * Math.sin(angle), y - halfLength * Math.cos(angle));
  }
  return points;
}

/** Returns a rectangle around the axis. */
export function box(halfWidth: number, front: number, back: number): Polygon {
  return mirrored(halfWidth, front, halfWidth, back);
}
