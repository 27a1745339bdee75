/** Which observations of one aircraft are believed: a single one is not a fact. */

/** After longer than this without an observation a line is not drawn through. */
export const SILENCE_S = 300;
/** So many observations in a row that follow from one another are not a coincidence. */
const ENOUGH = 3;
/** Parts that may go on, and parts that are believed. */
const MOST = 16;

interface Part<Seen> {
  number: number;
  /** Observations; one that is only repeated counts once. */
  size: number;
  first: Seen;
  last: Seen;
  /** Places of the first and the last among all observations. */
  from: number;
  to: number;
}

/**
 * The parts of a track, in each of which every observation follows from the one before.
 *
 * The rule is that of the server's `plausible_parts`. A part goes on with what follows from it; only
 * with the third observation in a row that does not does another part begin, or one of those before
 * go on. The longest part is believed, and of the others those of three or more that lie before or
 * after it.
 */
export class Parts<Seen extends { time: number }> {
  private readonly all: Part<Seen>[] = [];
  /** Parts that turned out to be others going on, by their numbers. */
  private readonly joined = new Map<number, number>();
  private count = 0;
  private known: Part<Seen> | null = null;
  private candidate: Part<Seen> | null = null;
  private former: Part<Seen>[] = [];
  private believed: ReadonlySet<number> | null = null;
  private readonly follows: (from: Seen, to: Seen) => boolean;

  /** @param follows Says whether one observation can follow from another. */
  constructor(follows: (from: Seen, to: Seen) => boolean) {
    this.follows = follows;
  }

  /** Takes an observation, received after all before, and gives the number of its part. */
  add(seen: Seen): number {
    const part =
      [this.known, this.candidate].find((one) => one !== null && this.follows(one.last, seen)) ??
      this.begin(seen);
    if (part === this.known) {
      this.candidate = null;
    }
    part.size += part.size > 0 && seen.time === part.last.time ? 0 : 1;
    part.last = seen;
    part.to = this.count;
    this.count += 1;
    this.believed = null;
    const { number } = part;
    if (part === this.candidate && part.size >= ENOUGH) {
      this.confirm(part);
    }
    return number;
  }

  /** Says whether what is in a part is believed. */
  isBelieved(number: number): boolean {
    this.believed ??= this.judge();
    return this.believed.has(this.joined.get(number) ?? number);
  }

  /** Says whether a part is the longest, of several the first. */
  isLongest(number: number): boolean {
    return this.bySize()[0]?.number === (this.joined.get(number) ?? number);
  }

  private begin(seen: Seen): Part<Seen> {
    const { all, count } = this;
    const part = { number: all.length, size: 0, first: seen, last: seen, from: count, to: count };
    all.push(part);
    if (this.known === null) {
      this.known = part;
    } else {
      this.candidate = part;
    }
    return part;
  }

  /** Goes on with a part that is confirmed; it may be one of those before. */
  private confirm(part: Part<Seen>): void {
    const left = this.known as Part<Seen>;
    const again = this.former.find(({ last }) => this.follows(last, part.first));
    this.former = [left, ...this.former.filter((one) => one !== again)].slice(0, MOST);
    this.candidate = null;
    this.known = part;
    if (again !== undefined) {
      again.size += part.size;
      again.last = part.last;
      again.to = part.to;
      part.size = 0;
      this.joined.set(part.number, again.number);
      this.known = again;
    }
  }

  private judge(): Set<number> {
    const counted: Part<Seen>[] = [];
    for (const part of this.bySize().slice(0, MOST)) {
      const isApart = counted.every(({ from, to }) => part.from > to || part.to < from);
      if (counted.length === 0 || (part.size >= ENOUGH && isApart)) {
        counted.push(part);
      }
    }
    return new Set(counted.map(({ number }) => number));
  }

  private bySize(): Part<Seen>[] {
    return [...this.all].sort((one, other) => other.size - one.size || one.number - other.number);
  }
}
