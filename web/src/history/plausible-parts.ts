/** Divides the observations of one aircraft into consistent parts, and decides which are plausible. */

/** Seconds without an observation after which a line is interrupted. */
export const SILENCE_S = 300;
/** This many consistent observations in a row are not a coincidence. */
const ENOUGH = 3;
/** The number of older parts that may be continued, and of parts that may be plausible. */
const MAX_PARTS = 16;

interface Part<Observation> {
  number: number;
  /** The number of observations; a repeated one counts once. */
  size: number;
  first: Observation;
  last: Observation;
  /** The index of the first and of the last observation among all. */
  from: number;
  to: number;
}

/**
 * The parts of a track: within a part, every observation follows from the one before.
 *
 * The rule is that of the server's `plausible_parts`. An observation that follows from the current
 * part extends it. Only the third consistent observation in a row that does not follow starts a new
 * part, or continues an older one. The longest part is plausible, and so is every other part of at
 * least three observations that does not overlap a plausible one in time.
 */
export class PlausibleParts<Observation extends { time: number }> {
  private readonly all: Part<Observation>[] = [];
  /** By the number of a part that turned out to continue an older one: the number of the older one. */
  private readonly continued = new Map<number, number>();
  private count = 0;
  private current: Part<Observation> | null = null;
  private candidate: Part<Observation> | null = null;
  private older: Part<Observation>[] = [];
  private plausible: ReadonlySet<number> | null = null;
  private readonly follows: (from: Observation, to: Observation) => boolean;

  /** @param follows Whether one observation can follow from another. */
  constructor(follows: (from: Observation, to: Observation) => boolean) {
    this.follows = follows;
  }

  /** Adds an observation that was received after all others, and returns the number of its part. */
  add(observation: Observation): number {
    const part =
      [this.current, this.candidate].find(
        (one) => one !== null && this.follows(one.last, observation),
      ) ?? this.begin(observation);
    if (part === this.current) {
      this.candidate = null;
    }
    part.size += part.size > 0 && observation.time === part.last.time ? 0 : 1;
    part.last = observation;
    part.to = this.count;
    this.count += 1;
    this.plausible = null;
    const { number } = part;
    if (part === this.candidate && part.size >= ENOUGH) {
      this.confirm(part);
    }
    return number;
  }

  /** Whether the observations of a part are plausible. */
  isPlausible(number: number): boolean {
    this.plausible ??= this.findPlausible();
    return this.plausible.has(this.continued.get(number) ?? number);
  }

  /** Whether a part is the longest one; the first of several. */
  isLongest(number: number): boolean {
    return this.bySize()[0]?.number === (this.continued.get(number) ?? number);
  }

  private begin(observation: Observation): Part<Observation> {
    const { all, count } = this;
    const part = {
      number: all.length,
      size: 0,
      first: observation,
      last: observation,
      from: count,
      to: count,
    };
    all.push(part);
    if (this.current === null) {
      this.current = part;
    } else {
      this.candidate = part;
    }
    return part;
  }

  /** Makes a confirmed candidate the current part, or continues the older part from which it follows. */
  private confirm(part: Part<Observation>): void {
    const before = this.current as Part<Observation>;
    const again = this.older.find(({ last }) => this.follows(last, part.first));
    this.older = [before, ...this.older.filter((one) => one !== again)].slice(0, MAX_PARTS);
    this.candidate = null;
    this.current = part;
    if (again !== undefined) {
      again.size += part.size;
      again.last = part.last;
      again.to = part.to;
      part.size = 0;
      this.continued.set(part.number, again.number);
      this.current = again;
    }
  }

  private findPlausible(): Set<number> {
    const plausible: Part<Observation>[] = [];
    for (const part of this.bySize().slice(0, MAX_PARTS)) {
      const isApart = plausible.every(({ from, to }) => part.from > to || part.to < from);
      if (plausible.length === 0 || (part.size >= ENOUGH && isApart)) {
        plausible.push(part);
      }
    }
    return new Set(plausible.map(({ number }) => number));
  }

  private bySize(): Part<Observation>[] {
    return [...this.all].sort((one, other) => other.size - one.size || one.number - other.number);
  }
}
