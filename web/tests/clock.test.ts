/** The picture's time follows the server's, whatever happens to the clock of the reader's machine. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { Clock } from "../src/stream/clock.ts";

const T = 1_790_000_000;

afterEach(() => {
  vi.useRealTimers();
});

/** A clock on a machine whose monotonic time is in the test's hand. */
function machine(speed = 1) {
  let here = 1_000;
  const clock = new Clock(speed, () => here);
  return {
    clock,
    /** Lets time pass on the machine. */
    pass: (seconds: number) => {
      here += seconds;
    },
  };
}

describe("the machine's own clock is set", () => {
  test.each([600, -600])("by %d s: what is shown goes on evenly", (step) => {
    vi.useFakeTimers({ now: T * 1000 });
    const clock = new Clock();
    for (let event = 0; event < 30; event++) {
      clock.adjust(T + event);
      vi.advanceTimersByTime(1_000);
    }
    vi.setSystemTime((T + 30 + step) * 1000);
    expect(clock.now()).toBeCloseTo(T + 30, 3);
    for (let event = 30; event < 33; event++) {
      clock.adjust(T + event);
      expect(clock.now()).toBeCloseTo(T + event, 3);
      vi.advanceTimersByTime(1_000);
    }
  });
});

describe("a step of the monotonic time or of the server's", () => {
  test("forward on this machine is followed within two events", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    pass(601);
    clock.adjust(T + 1);
    pass(1.2);
    clock.adjust(T + 2);
    expect(clock.now()).toBeCloseTo(T + 2, 0);
  });

  test("of a machine that slept without counting is followed with the first event", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    pass(2);
    clock.adjust(T + 28_800);
    expect(clock.now()).toBe(T + 28_800);
  });

  test("back on the server is followed within two ticks of two events each", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    pass(1);
    clock.adjust(T - 599);
    clock.adjust(T - 599);
    pass(1);
    clock.adjust(T - 598);
    expect(clock.now()).toBe(T - 598);
  });

  test("that was one wrong event is taken back within two", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    pass(1);
    clock.adjust(T + 3_601);
    for (const second of [2, 3]) {
      pass(1);
      clock.adjust(T + second);
    }
    expect(clock.now()).toBe(T + 3);
  });

  test("of a replay is followed as well", () => {
    const { clock, pass } = machine(60);
    clock.adjust(T);
    pass(121);
    clock.adjust(T + 60);
    pass(1);
    clock.adjust(T + 120);
    expect(clock.now()).toBe(T + 120);
  });
});

describe("late events", () => {
  test("do not hold the time back, one by one or all at once", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    pass(40);
    for (let second = 1; second <= 40; second++) {
      clock.adjust(T + second);
      expect(clock.now()).toBe(T + 40);
    }
  });

  test("that a slow line lets through at twice their pace do not either", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    pass(40);
    let now = T + 40;
    for (let second = 1; second <= 80; second++) {
      clock.adjust(T + second);
      expect(Math.abs(clock.now() - now)).toBeLessThanOrEqual(1);
      pass(0.5);
      now += 0.5;
    }
  });

  test("in between change nothing", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    for (let tick = 1; tick < 40; tick++) {
      pass(15);
      clock.adjust(T + tick * 15 - (tick % 2 === 0 ? 0 : 14));
      expect(clock.now()).toBe(T + tick * 15);
    }
  });
});

test("before the first event it is the machine's time", () => {
  expect(new Clock().now()).toBeCloseTo(Date.now() / 1000, -1);
});
