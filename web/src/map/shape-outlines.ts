/** The shapes of aircraft, seen from above with the nose up, drawn for this project. */

import {
  box,
  ellipse,
  engines,
  fuselage,
  mirrored,
  type Polygon,
  pair,
  propeller,
  propellers,
  rotor,
  wing,
} from "./airframe.ts";

/** The size of an icon by wake class: how long its longest side is, compared with that of a medium one. */
const SIZES = { super: 1.3, heavy: 1.15, medium: 1, small: 0.85, light: 0.75, tiny: 0.6 } as const;

export interface Outline {
  /** What the legend calls it. */
  name: string;
  size: number;
  /** Filled with the colour of the aircraft. */
  parts: readonly Polygon[];
  /** Filled with the colour of the outline, on top. */
  marks?: readonly Polygon[];
}

function outline(
  name: string,
  size: keyof typeof SIZES,
  parts: readonly Polygon[],
  marks: readonly Polygon[] = [],
): Outline {
  return { name, size: SIZES[size], parts, marks };
}

const STRAIGHT_TAIL = wing(9.4, 2.2, 4.6, 9.8, 1.6);
const SWEPT_WING = wing(-5, 7.5, 14.5, 4, 2);
const SWEPT_TAIL = wing(9.5, 3.6, 5.5, 12.6, 1.6);
const HELICOPTER_TAIL = [box(0.9, 2, 12), box(2.6, 10.6, 12.2)];

/** By shape. The order is that of the cells of the atlas. */
export const OUTLINES = {
  unknown: outline("not known", "medium", [fuselage(1.8, -14.5, 14), SWEPT_WING, SWEPT_TAIL]),
  super: outline("super: A380", "super", [
    ...[fuselage(2.6, -15, 15), wing(-5.5, 10, 15.6, 4.6, 2.2), wing(9, 4.4, 6.4, 12.8, 1.8)],
    ...[...engines(5.8, -4.4, 4.2, 1.2), ...engines(10.6, -0.8, 4.2, 1.2)],
  ]),
  "four-engine": outline("four jet engines", "heavy", [
    ...[fuselage(2, -15.5, 15), wing(-5, 7.6, 15, 5, 2), wing(9.8, 3.8, 5.8, 13, 1.6)],
    ...[...engines(5.6, -3.6, 4, 1.1), ...engines(10.4, 0, 4, 1.1)],
  ]),
  "three-engine": outline("three jet engines", "heavy", [
    ...[fuselage(2.1, -15.5, 13.5, 3), wing(-4, 7.6, 14.2, 5, 2), wing(9, 3.8, 5.8, 12, 1.6)],
    ...[...engines(5.4, -3.4, 4.4, 1.3), box(1.2, 11, 15.2)],
  ]),
  "wide-body": outline("wide body", "heavy", [
    ...[fuselage(2.3, -15, 14.8), wing(-5.2, 8.6, 15, 4.4, 1.9), wing(9.6, 3.8, 5.8, 12.8, 1.6)],
    ...engines(5.6, -5, 4.6, 1.5),
  ]),
  "narrow-body": outline("narrow body", "medium", [
    ...[fuselage(1.8, -14, 14), wing(-4, 7, 13.4, 3.6, 1.8), wing(9.4, 3.6, 5.2, 12.2, 1.5)],
    ...engines(4.8, -4.2, 4, 1.3),
  ]),
  "rear-engine": outline("engines at the tail", "medium", [
    ...[
      fuselage(1.8, -15.5, 14.5, 4),
      wing(-1.6, 6.6, 12.4, 4.8, 1.8),
      wing(11.6, 3.4, 5, 13.4, 1.6),
    ],
    ...engines(3, 5.6, 4.8, 1.15),
  ]),
  "regional-jet": outline("regional jet", "small", [
    ...[fuselage(1.6, -15, 14.5, 4), wing(-0.6, 5.4, 11.6, 4.6, 1.6), wing(11.4, 3.2, 5, 13, 1.6)],
    ...engines(2.9, 6.2, 4.2, 1),
  ]),
  "business-jet": outline("business jet", "small", [
    ...[
      fuselage(1.7, -14, 13.5, 4),
      wing(-0.6, 6, 12.6, 5.4, 1.5),
      wing(10.2, 3.4, 5.4, 12.6, 1.5),
    ],
    ...engines(3.1, 3.6, 4.8, 1.2),
  ]),
  "light-jet": outline("light jet", "light", [
    ...[fuselage(1.8, -12.5, 12.5, 5), wing(-0.8, 5, 13, 1.2, 1.8), wing(9.2, 3.2, 5.4, 10.6, 1.6)],
    ...engines(3.4, 2.6, 4.6, 1.3),
  ]),
  turboprop: outline("two turboprops", "small", [
    ...[fuselage(1.8, -14.5, 14), wing(-3.6, 4.4, 15.4, -2.4, 2.4), wing(11, 3.2, 5.6, 11.8, 2)],
    ...propellers(5.6, -6.4, 2.8, 6),
  ]),
  "turboprop-single": outline("single turboprop", "light", [
    ...[fuselage(1.6, -13.5, 12.5), propeller(-14.4, 4), wing(-4, 4, 15, -3, 2.2)],
    ...[wing(9, 3, 5.4, 9.6, 2)],
  ]),
  "light-single": outline("light, one propeller", "light", [
    ...[fuselage(1.7, -10.8, 11), propeller(-11.8, 3.6), wing(-5.4, 4.2, 14, -5, 3.2)],
    ...[wing(8, 3, 5.2, 8.4, 2.2)],
  ]),
  "light-twin": outline("light, two propellers", "light", [
    ...[fuselage(1.6, -12.6, 12), wing(-4.6, 4.4, 14.6, -3.4, 2.4), wing(9, 3.2, 5.4, 9.6, 2)],
    ...propellers(4.8, -7.2, 2.8, 5),
  ]),
  biplane: outline("biplane", "light", [
    ...[fuselage(1.5, -10, 11), propeller(-11, 4), wing(-7.6, 3.2, 13.4, -7.4, 3)],
    ...[wing(-2.2, 2.8, 11.6, -2, 2.6), ...pair(9, -5, 10, -5, 10, -2, 9, -2)],
    ...[wing(8.2, 2.8, 5, 8.6, 2.2)],
  ]),
  seaplane: outline("seaplane", "light", [
    ...[fuselage(1.5, -11, 12), propeller(-12, 3.4), wing(-5, 3.8, 15, -4.8, 3), STRAIGHT_TAIL],
    ...pair(3.4, -9.6, 4.6, -11.6, 5.8, -9.6, 5.8, 5, 4.6, 8, 3.4, 5),
  ]),
  glider: outline("glider", "medium", [
    ...[fuselage(1, -9, 10, 8), wing(-4, 2.6, 15.8, -2.6, 1), wing(8, 1.8, 3.8, 8.4, 1.2)],
  ]),
  ultralight: outline("ultralight", "tiny", [
    ...[
      fuselage(1.9, -7, 9),
      propeller(-8, 4),
      wing(-4.4, 5, 15, -4, 4.4),
      wing(6.4, 3, 5.6, 6.8, 2.6),
    ],
  ]),
  "hang-glider": outline("hang glider", "tiny", [
    ...[mirrored(0, -9, 15.6, 4, 14.8, 6, 0, 1), box(1.4, -2, 8)],
  ]),
  paraglider: outline("paraglider", "tiny", [
    ...[mirrored(0, -9, 7, -8, 12.4, -5, 15.4, 0, 12.8, 1, 10, -2, 5.6, -4, 0, -4.6)],
    ...[ellipse(8, 2.4, 3), ...pair(12, -1, 13, -0.4, 1, 8, 0.4, 7.4)],
  ]),
  parachutist: outline("parachutist", "tiny", [
    ...[ellipse(-4, 11, 8), ...pair(9.6, -1, 10.6, -0.4, 1, 11, 0.2, 10.4), ellipse(11.6, 2.2, 3)],
  ]),
  gyrocopter: outline("gyrocopter", "tiny", [
    ...[fuselage(2.2, -10, 5, 5), box(0.8, 3, 12), box(4.6, 10.4, 13), box(4, 5, 6.2)],
    ...rotor([0, -2], 15, 2, 60),
  ]),
  "helicopter-light": outline("helicopter", "light", [
    ...[ellipse(-2, 3.2, 6.4), ...HELICOPTER_TAIL, ...rotor([0, -2], 13.4, 4)],
  ]),
  "helicopter-heavy": outline("heavy helicopter", "medium", [
    ...[fuselage(3, -10.5, 8, 5), ...HELICOPTER_TAIL, ...pair(2, -1, 5, 0, 5, 4, 2, 4)],
    ...rotor([0, -2], 13.6, 6, 30),
  ]),
  "tandem-helicopter": outline("tandem rotors", "medium", [
    fuselage(2, -11, 11.5, 4),
    ...rotor([0, -6.2], 9.4, 4),
    ...rotor([0, 6.2], 9.4, 4),
  ]),
  tiltrotor: outline("tiltrotor", "medium", [
    ...[fuselage(2, -11, 11), wing(-3, 3.6, 9.4, -3, 3.4), box(6, 9.4, 11.6)],
    ...engines(9.4, -4, 6, 1.2),
    ...rotor([9.4, -4], 6.2, 3, 0).flatMap((blade) => pair(...blade)),
  ]),
  "fast-jet": outline("fast jet", "small", [
    ...[mirrored(0, -16, 1.2, -12, 1.9, -5, 2.6, 2, 2.4, 12, 0, 12)],
    ...[wing(-4, 12, 10.6, 4.4, 2.4), wing(8.6, 5, 6.4, 11.6, 2)],
  ]),
  "delta-jet": outline("delta wing", "small", [
    ...[
      mirrored(0, -15.5, 1.2, -12, 1.9, -6, 2, 12.5, 0, 13),
      mirrored(0, -5, 11.6, 8.6, 11.6, 10.6, 0, 11),
    ],
    ...[wing(-9.4, 2.8, 4.8, -7.4, 1.4)],
  ]),
  "jet-trainer": outline("jet trainer", "light", [
    ...[fuselage(1.7, -14, 12, 3), wing(-2.4, 6, 11.2, 2, 2.4), wing(8.6, 3.6, 5.4, 10.6, 1.8)],
    ...engines(2.2, -5, 8, 1),
  ]),
  "propeller-trainer": outline("propeller trainer", "light", [
    ...[
      mirrored(0.6, -13, 1.8, -9, 1.8, 2, 0.6, 12),
      propeller(-14, 3.6),
      wing(-4.6, 4.8, 12.4, -3, 2.6),
    ],
    ...[wing(8.4, 3.2, 5.4, 9.2, 2)],
  ]),
  "military-transport": outline("military transport, jets", "heavy", [
    ...[fuselage(2.7, -14.5, 14.5, 5), wing(-5.4, 7.4, 15.2, 2.6, 2.4), wing(11, 4, 6.6, 13.2, 2)],
    ...[...engines(5.6, -4.6, 4, 1.2), ...engines(10, -1.6, 4, 1.2)],
  ]),
  "transport-propellers": outline("four propellers", "medium", [
    ...[fuselage(2.2, -13.5, 13, 5), wing(-4, 4.6, 15.6, -2.8, 2.2), wing(9.6, 3.4, 6.4, 10.4, 2)],
    ...[...propellers(5, -6.4, 2.3, 5), ...propellers(10.2, -5.8, 2.3, 5)],
  ]),
  tanker: outline("tanker", "heavy", [
    ...[fuselage(2, -15.5, 12.5), wing(-5, 7.4, 14.6, 4.4, 2), wing(8.4, 3.6, 5.6, 11.2, 1.6)],
    ...[...engines(5.4, -3.6, 4, 1.1), ...engines(10, -0.4, 4, 1.1), box(0.6, 11, 16)],
    box(2.2, 14.4, 15.8),
  ]),
  bomber: outline("bomber", "heavy", [
    ...[fuselage(1.5, -15.5, 15), wing(-6.4, 5.2, 15.6, 6.8, 1.6), wing(10.8, 3, 5.4, 13.4, 1.4)],
    ...[...engines(5, -4.6, 4, 1.3), ...engines(9.6, -0.4, 4, 1.3)],
  ]),
  "flying-wing": outline("flying wing", "medium", [
    mirrored(0, -8, 15.8, 5, 14, 7, 8, 2.6, 4.2, 6, 0, 2.6),
  ]),
  "radar-plane": outline(
    "airborne radar",
    "heavy",
    [
      ...[fuselage(1.9, -15, 14.5), wing(-5, 7.4, 14.6, 4, 2), wing(10, 3.4, 5.4, 12.4, 1.6)],
      ...[...engines(5.4, -3.6, 4, 1.1), ...engines(10, -0.6, 4, 1.1), ellipse(5.6, 5, 5)],
    ],
    [box(4.4, 5, 6.2)],
  ),
  drone: outline("drone", "tiny", [
    ...[
      box(3, -4, 4),
      [-9.6, -8.4, -8.4, -9.6, 9.6, 8.4, 8.4, 9.6],
      [8.4, -9.6, 9.6, -8.4, -8.4, 9.6, -9.6, 8.4],
    ],
    ...[ellipse(-9, 5, 5, -9), ellipse(-9, 5, 5, 9), ellipse(9, 5, 5, -9), ellipse(9, 5, 5, 9)],
  ]),
  "large-drone": outline("large drone", "light", [
    ...[fuselage(1.4, -10, 10, 4), wing(-1.6, 2.6, 15.8, -1, 1.2), propeller(10, 3)],
    ...pair(0, 6, 5.4, 10.6, 4.4, 12, 0, 9),
  ]),
  balloon: outline("balloon", "light", [
    mirrored(0, -14, 5, -13, 9, -9.4, 10, -4.6, 8.4, 0.4, 3, 7, 0, 7),
    box(2.6, 9.4, 13.4),
    ...pair(2.6, 6.6, 3.4, 7, 2.6, 10, 1.8, 10),
  ]),
  airship: outline("airship", "heavy", [
    ellipse(-1, 5.4, 14),
    mirrored(0, 5, 7.6, 9.6, 7.6, 13.6, 0, 12),
    box(0.8, 9, 15),
  ]),
  rocket: outline("space vehicle", "medium", [
    mirrored(0, -16, 1.6, -12.6, 2.6, -8, 2.6, 9, 6.4, 12.4, 6.4, 15, 2.4, 12.6, 0, 12.6),
  ]),
  "ground-vehicle": outline(
    "ground vehicle",
    "tiny",
    [mirrored(4.6, -13, 6.6, -11, 6.6, 13, 0, 13)],
    [box(4.6, -7.6, -3.6), box(4.6, 6.6, 9)],
  ),
  "emergency-vehicle": outline(
    "emergency vehicle",
    "tiny",
    [mirrored(5.6, -15, 7.4, -13, 7.4, 15, 0, 15)],
    [box(5.4, -11, -7.4), box(1.5, -3.6, 9.6), box(5.4, 1.4, 4.6)],
  ),
  "service-vehicle": outline(
    "service vehicle",
    "tiny",
    [mirrored(4.4, -15.5, 6, -14, 6, -5.6, 7.8, -5.6, 7.8, 15.5, 0, 15.5)],
    [box(4.4, -12.4, -9), box(5.4, -1.6, 0.6), box(5.4, 4, 6.2), box(5.4, 9.6, 11.8)],
  ),
  obstacle: outline(
    "obstacle, tower",
    "tiny",
    [
      mirrored(0, -15, 1.4, -8, 7, 13, 4.4, 13, 2.8, 8, 0, 8),
      ...pair(3, -14, 4.6, -15, 6.4, -10.6, 4.6, -6, 3, -7, 4, -10.6),
    ],
    [box(1.6, 2, 4)],
  ),
  "obstacle-line": outline("obstacles, line or cluster", "tiny", [
    ...[mirrored(0, -12, 4, 8, 0, 8), ...pair(9.5, -8, 13.5, 10, 5.5, 10), box(14.5, 9, 11)],
  ]),
} as const satisfies Record<string, Outline>;

export type Shape = keyof typeof OUTLINES;

export const SHAPES = Object.keys(OUTLINES) as Shape[];
