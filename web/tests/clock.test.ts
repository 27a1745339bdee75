/** The clock follows the server's time, whatever happens to the clock of the reader's computer. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { Clock } from "../src/stream/clock.ts";

const T = 1_790_000_000;

afterEach(() => {
  vi.useRealTimers();
});

/** Returns a clock and a function that advances the monotonic time it reads. */
function machine(speed = 1) {
  let here = 1_000;
  const clock = new Clock(speed, () => here);
  return {
    clock,
    pass: (seconds: number) => {
      here += seconds;
    },
  };
}

describe("the computer's clock is set", () => {
  test.each([600, -600])("by %d s: the shown time advances evenly", (step) => {
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

describe("a jump", () => {
  test("forward of the monotonic time is followed within two events", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    pass(601);
    clock.adjust(T + 1);
    pass(1.2);
    clock.adjust(T + 2);
    expect(clock.now()).toBeCloseTo(T + 2, 0);
  });

  test("of the server's time after a sleep is followed with the first event", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    pass(2);
    clock.adjust(T + 28_800);
    expect(clock.now()).toBe(T + 28_800);
  });

  test("backwards of the server's time is followed within two ticks of two events each", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    pass(1);
    clock.adjust(T - 599);
    clock.adjust(T - 599);
    pass(1);
    clock.adjust(T - 598);
    expect(clock.now()).toBe(T - 598);
  });

  test("by a single wrong event is undone within two events", () => {
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

  test("in a replay is followed as well", () => {
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
  test("do not delay the clock, one by one or all at once", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    pass(40);
    for (let second = 1; second <= 40; second++) {
      clock.adjust(T + second);
      expect(clock.now()).toBe(T + 40);
    }
  });

  test("at twice their pace over a slow connection do not either", () => {
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

  test("between punctual ones change nothing", () => {
    const { clock, pass } = machine();
    clock.adjust(T);
    for (let tick = 1; tick < 40; tick++) {
      pass(15);
      clock.adjust(T + tick * 15 - (tick % 2 === 0 ? 0 : 14));
      expect(clock.now()).toBe(T + tick * 15);
    }
  });
});

test("before the first event the clock shows the computer's time", () => {
  expect(new Clock().now()).toBeCloseTo(Date.now() / 1000, -1);
});
