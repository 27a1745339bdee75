/** Labels never cover each other, emergencies come first, and what is shown stays while it has room. */

import { describe, expect, test } from "vitest";
import {
  type Candidates,
  LabelPlacement,
  MAX_LABELS,
  type Placed,
  type PlacementView,
  SIDES,
} from "../src/map/label-placement.ts";

const [WIDTH, HEIGHT] = [60, 40];
const VIEW: PlacementView = {
  halfWidth: 700,
  halfHeight: 450,
  period: Number.POSITIVE_INFINITY,
  boxWidth: WIDTH,
  boxHeight: HEIGHT,
};
const GAP = 8;
/** What a label that was shown before may be covered. */
const TOLERANCE = 3;

type Spot = [x: number, y: number, rank?: number];

function candidatesAt(...spots: Spot[]): Candidates {
  return {
    count: spots.length,
    slots: Int32Array.from(spots.keys()),
    x: Float32Array.from(spots, ([x]) => x),
    y: Float32Array.from(spots, ([, y]) => y),
    gaps: new Float32Array(spots.length).fill(GAP),
    ranks: Uint8Array.from(spots, ([, , rank = 1]) => rank),
  };
}

function place(placement: LabelPlacement, candidates: Candidates, view = VIEW): Placed[] {
  placement.begin(view, candidates.count);
  return placement.place(candidates);
}

const slotsOf = (placed: readonly Placed[]) =>
  placed.map(({ slot }) => slot).sort((one, other) => one - other);

/** Returns numbers from 0 to 1, the same at each run. */
function chance(): () => number {
  let seed = 7;
  return () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
}

/** Returns places in crowds, as around airports. */
function crowd(count: number, spread: number): Spot[] {
  const next = chance();
  return Array.from({ length: count }, () => [
    spread * (next() + next() - 1),
    450 * (next() + next() - 1),
  ]);
}

function countCovered(
  placed: readonly Placed[],
  { x, y }: Candidates,
  tolerance: number,
  period = Number.POSITIVE_INFINITY,
): number {
  let covered = 0;
  placed.forEach((one, index) => {
    for (const other of placed.slice(index + 1)) {
      const across = (x[one.slot] as number) + one.left - (x[other.slot] as number) - other.left;
      const down = (y[one.slot] as number) + one.top - (y[other.slot] as number) - other.top;
      const near = period === Number.POSITIVE_INFINITY ? 0 : period * Math.round(across / period);
      const isCovered =
        Math.abs(across - near) < WIDTH - tolerance && Math.abs(down) < HEIGHT - tolerance;
      covered += isCovered ? 1 : 0;
    }
  });
  return covered;
}

describe("a placement", () => {
  test("covers no label, and fills the room", () => {
    const candidates = candidatesAt(...crowd(3_000, 700));
    const placed = place(new LabelPlacement(), candidates);
    expect(countCovered(placed, candidates, 0)).toBe(0);
    expect(placed.length).toBeGreaterThan(150);
  });

  test("covers none in any copy of a world that is narrower than the window", () => {
    const period = 800;
    const view = { ...VIEW, period };
    const candidates = candidatesAt(...crowd(3_000, period / 2));
    const placed = place(new LabelPlacement(), candidates, view);
    expect(countCovered(placed, candidates, 0, period)).toBe(0);
    expect(placed.length).toBeGreaterThan(80);
  });

  test("keeps labels apart across the antimeridian, where the world begins again", () => {
    const edges = candidatesAt([-398, 0], [398, 0], [0, 0]);
    const wrapped = place(new LabelPlacement(), edges, { ...VIEW, period: 800 });
    expect(countCovered(wrapped, edges, 0, 800)).toBe(0);
    const [west, east] = wrapped;
    expect([west?.slot, west?.left]).toEqual([0, GAP]);
    expect([east?.slot, east?.left]).toEqual([1, -GAP - WIDTH]);
  });

  test.each([
    { side: "right", taken: [] },
    { side: "left", taken: [[10, -10]] },
    {
      side: "above",
      taken: [
        [10, 0],
        [-70, 0],
      ],
    },
    {
      side: "below",
      taken: [
        [10, -40],
        [-70, -40],
      ],
    },
    { side: undefined, taken: [[-30, -20]] },
  ])("is on the side $side where $taken are taken", ({ side, taken }) => {
    const placement = new LabelPlacement();
    placement.begin(VIEW, 1);
    for (const [left = 0, top = 0] of taken) {
      placement.reserve(left, top, WIDTH, HEIGHT);
    }
    const [placed] = placement.place(candidatesAt([0, 0]));
    expect(placed && SIDES[placed.side]).toBe(side);
  });

  test("places an emergency first, even where another label was shown before", () => {
    const placement = new LabelPlacement();
    const spots: Spot[] = [...crowd(500, 60), [0, 0, 1]];
    const before = place(placement, candidatesAt(...spots.slice(0, 500)));
    const urgent: Spot[] = [...spots.slice(0, 500), [0, 0, 0]];
    const after = place(placement, candidatesAt(...urgent));
    expect(before.length).toBeGreaterThan(0);
    expect(after[0]?.slot).toBe(500);
  });

  test("prefers aircraft that fly to those on the ground", () => {
    const spots = crowd(400, 40).map(([x, y], index): Spot => [x, y / 20, 2 - (index % 2)]);
    const [first] = place(new LabelPlacement(), candidatesAt(...spots));
    expect(first?.slot).toBe(1);
  });

  test("leaves a rectangle free that something else covers", () => {
    const placement = new LabelPlacement();
    placement.begin(VIEW, 400);
    placement.reserve(20, -20, 130, 70);
    const candidates = candidatesAt(...crowd(400, 150));
    for (const { slot, left, top } of placement.place(candidates)) {
      const [x, y] = [(candidates.x[slot] as number) + left, (candidates.y[slot] as number) + top];
      const isApart = x >= 150 || x + WIDTH <= 20 || y >= 50 || y + HEIGHT <= -20;
      expect(isApart).toBe(true);
    }
  });

  test("shows a bounded number of labels on the largest screen", () => {
    const spots = Array.from(
      { length: 12_000 },
      (_, index): Spot => [(index % 120) * 90 - 5_400, Math.floor(index / 120) * 60 - 3_000],
    );
    const view = { ...VIEW, halfWidth: 5_500, halfHeight: 3_100 };
    expect(place(new LabelPlacement(), candidatesAt(...spots), view)).toHaveLength(MAX_LABELS);
  });
});

describe("labels that were shown before", () => {
  test("stay on their side while aircraft move by a little", () => {
    const placement = new LabelPlacement();
    const next = chance();
    const spots = crowd(1_000, 700);
    let last = place(placement, candidatesAt(...spots));
    let changes = 0;
    for (let step = 0; step < 20; step++) {
      const moved = spots.map(([x, y]): Spot => [x + 0.4 * next() - 0.2, y + 0.4 * next() - 0.2]);
      const now = place(placement, candidatesAt(...moved));
      const before = new Map(last.map(({ slot, side }) => [slot, side]));
      changes += last.length - now.filter(({ slot, side }) => before.get(slot) === side).length;
      last = now;
    }
    expect(changes).toBe(0);
  });

  test("go before others, whose order does not matter", () => {
    const placement = new LabelPlacement();
    // In one place there is room for two labels, to the right and to the left.
    const spots: Spot[] = Array.from({ length: 6 }, () => [0, 0]);
    const [shown, hidden] = [place(placement, candidatesAt(...spots)), 5];
    expect(slotsOf(shown)).not.toContain(hidden);
    const again = candidatesAt(...spots);
    again.slots.reverse();
    placement.begin(VIEW, 6);
    expect(slotsOf(placement.place(again))).toEqual(slotsOf(shown));
  });

  test("stay until they are covered, while others need more room than their box", () => {
    const second = (placement: LabelPlacement, distance: number) => {
      const placed = place(placement, candidatesAt([0, 0], [0, distance]));
      return SIDES[placed.find(({ slot }) => slot === 1)?.side ?? -1];
    };
    const placement = new LabelPlacement();
    expect(second(placement, HEIGHT + 8)).toBe("right");
    expect(second(placement, HEIGHT - TOLERANCE + 1)).toBe("right");
    expect(second(placement, HEIGHT - TOLERANCE - 1)).toBe("left");
    expect(second(placement, HEIGHT + 8)).toBe("left");
    expect(second(new LabelPlacement(), HEIGHT + 1)).toBe("left");
  });
});
