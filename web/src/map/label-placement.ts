/** Chooses which labels are shown, and on which side of their aircraft, so that none covers another. */

/** The sides in the order of preference; `NONE` is a label that is not shown. */
export const SIDES = ["right", "left", "above", "below"] as const;
export const NONE = 255;

/** A label that was shown before stays until it covers another by this, in pixels. */
const TOLERANCE_PX = 3;
/** One that was not shown before needs this much more room than its box, so that it stays for a while. */
const MARGIN_PX = 5;
/** Where a label had no room, others that begin within this are not tried: thousands may lie together. */
const REFUSED_PX = 4;
/** More labels than this are not shown, whatever the screen. */
export const MAX_LABELS = 4_096;

/** All in pixels; the origin is the middle of the map, y is down. */
export interface PlacementView {
  /** Half of the width and height of the part in which labels are placed. */
  halfWidth: number;
  halfHeight: number;
  /** The width after which the world repeats; infinite if it does not. */
  period: number;
  /** The box of a label. All have the same, so that one cell of a grid holds one label. */
  boxWidth: number;
  boxHeight: number;
}

/** The aircraft that may have a label, one after the other by index; they keep their `slot`. */
export interface Candidates {
  count: number;
  slots: Int32Array;
  x: Float32Array;
  y: Float32Array;
  /** Distance from the middle of the aircraft to its label. */
  gaps: Float32Array;
  /** 0 is placed first, 2 last. */
  ranks: Uint8Array;
}

export const RANKS = 3;

/** A label that is shown: the aircraft's slot, the side, and the upper left corner from the aircraft. */
export interface Placed {
  slot: number;
  side: number;
  left: number;
  top: number;
}

export class LabelPlacement {
  /** The side on which each slot's label was shown last; NONE if it was not. */
  private sides = new Uint8Array(0);
  private grid = new Int32Array(0);
  /** By steps of REFUSED_PX: 1 where a label had no room in this placement. */
  private refused = new Uint8Array(0);
  private refusedColumns = 1;
  private columns = 1;
  private rows = 1;
  private cellWidth = 1;
  private cellHeight = 1;
  private view: PlacementView = {
    ...{ halfWidth: 0, halfHeight: 0, period: 0 },
    ...{ boxWidth: 1, boxHeight: 1 },
  };
  /** The upper left corners of the boxes that are placed, by number. */
  private readonly lefts: number[] = [];
  private readonly tops: number[] = [];
  private isWrapped = false;

  /** Begins a new placement; forgets the boxes, but not which labels were shown. */
  begin(view: PlacementView, slots: number): void {
    this.view = view;
    this.isWrapped = view.period <= 2 * view.halfWidth;
    const [width, height] = [
      this.isWrapped ? view.period : 2 * view.halfWidth + 2 * view.boxWidth,
      2 * view.halfHeight + 2 * view.boxHeight,
    ];
    // No wider than two boxes that are shown can be near each other: a cell holds one label.
    this.columns = Math.ceil(width / Math.max(view.boxWidth - TOLERANCE_PX, 1));
    this.rows = Math.ceil(height / Math.max(view.boxHeight - TOLERANCE_PX, 1));
    this.cellWidth = width / this.columns;
    this.cellHeight = height / this.rows;
    this.refusedColumns = Math.ceil(width / REFUSED_PX);
    const steps = this.refusedColumns * Math.ceil(height / REFUSED_PX);
    this.refused = steps > this.refused.length ? new Uint8Array(steps) : this.refused.fill(0);
    if (this.grid.length < this.columns * this.rows) {
      this.grid = new Int32Array(this.columns * this.rows);
    }
    this.grid.fill(-1);
    this.lefts.length = 0;
    this.tops.length = 0;
    this.remember(slots);
  }

  /** Keeps labels away from a rectangle that something else covers. */
  reserve(left: number, top: number, width: number, height: number): void {
    const { boxWidth, boxHeight } = this.view;
    for (let y = 0; y < height; y += boxHeight) {
      for (let x = 0; x < width; x += boxWidth) {
        this.occupy(
          left + Math.min(x, Math.max(width - boxWidth, 0)),
          top + Math.min(y, Math.max(height - boxHeight, 0)),
        );
      }
    }
  }

  /** Returns the labels that are shown; those that were shown before go first within their rank. */
  place(candidates: Candidates): Placed[] {
    const placed: Placed[] = [];
    const before = this.sides;
    const after = new Uint8Array(before.length).fill(NONE);
    for (let rank = 0; rank < RANKS; rank++) {
      for (const isKept of [true, false]) {
        this.placeRank(candidates, rank, isKept, after, placed);
      }
    }
    this.sides = after;
    return placed;
  }

  private placeRank(
    { count, slots, x, y, gaps, ranks }: Candidates,
    rank: number,
    isKept: boolean,
    after: Uint8Array,
    placed: Placed[],
  ): void {
    for (let index = 0; index < count && placed.length < MAX_LABELS; index++) {
      const slot = slots[index] as number;
      const side = this.sides[slot] as number;
      if (ranks[index] !== rank || after[slot] !== NONE || (isKept && side === NONE)) {
        continue;
      }
      const [atX, atY, gap] = [x[index] as number, y[index] as number, gaps[index] as number];
      const found = isKept ? this.keep(atX, atY, gap, side) : this.find(atX, atY, gap);
      if (found !== NONE) {
        after[slot] = found;
        placed.push({
          slot,
          side: found,
          left: this.leftOf(found, gap),
          top: this.topOf(found, gap),
        });
      }
    }
  }

  private keep(x: number, y: number, gap: number, side: number): number {
    const [left, top] = [x + this.leftOf(side, gap), y + this.topOf(side, gap)];
    if (!this.isFree(left, top, -TOLERANCE_PX)) {
      return NONE;
    }
    this.occupy(left, top);
    return side;
  }

  private find(x: number, y: number, gap: number): number {
    for (let side = 0; side < SIDES.length; side++) {
      const [left, top] = [x + this.leftOf(side, gap), y + this.topOf(side, gap)];
      const step = this.stepOf(left, top);
      if (this.refused[step] === 1) {
        continue;
      }
      if (this.isFree(left, top, MARGIN_PX)) {
        this.occupy(left, top);
        return side;
      }
      this.refused[step] = 1;
    }
    return NONE;
  }

  /** Returns the index in `refused` of a place; -1 if it is outside. */
  private stepOf(left: number, top: number): number {
    const column = Math.floor(this.fromWest(left) / REFUSED_PX);
    const row = Math.floor(this.fromTop(top) / REFUSED_PX);
    const isInside = column >= 0 && column < this.refusedColumns && row >= 0;
    return isInside ? row * this.refusedColumns + column : -1;
  }

  private leftOf(side: number, gap: number): number {
    const { boxWidth } = this.view;
    return side === 0 ? gap : side === 1 ? -gap - boxWidth : -boxWidth / 2;
  }

  private topOf(side: number, gap: number): number {
    const { boxHeight } = this.view;
    return side < 2 ? -boxHeight / 2 : side === 2 ? -gap - boxHeight : gap;
  }

  /** Returns whether a box with a margin around it covers none of those that are placed. */
  private isFree(left: number, top: number, margin: number): boolean {
    const { view, cellWidth, cellHeight, columns } = this;
    const [width, height] = [view.boxWidth + margin, view.boxHeight + margin];
    const [fromWest, fromTop] = [this.fromWest(left), this.fromTop(top)];
    const east = Math.floor((fromWest + width) / cellWidth);
    const bottom = Math.min(Math.floor((fromTop + height) / cellHeight), this.rows - 1);
    const west = Math.floor((fromWest - width) / cellWidth);
    for (let row = Math.max(Math.floor((fromTop - height) / cellHeight), 0); row <= bottom; row++) {
      for (let column = west; column <= east; column++) {
        const wrapped = this.isWrapped ? (column + columns) % columns : column;
        const isInGrid = wrapped >= 0 && wrapped < columns;
        const other = isInGrid ? (this.grid[row * columns + wrapped] as number) : -1;
        if (other >= 0 && this.covers(other, left, top, width, height)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns whether a box that is placed begins nearer to another than these distances. */
  private covers(other: number, left: number, top: number, width: number, height: number): boolean {
    const { period } = this.view;
    let apart = Math.abs(left - (this.lefts[other] as number));
    if (this.isWrapped) {
      apart %= period;
      apart = Math.min(apart, period - apart);
    }
    return apart < width && Math.abs(top - (this.tops[other] as number)) < height;
  }

  private occupy(left: number, top: number): void {
    const column = Math.floor(this.fromWest(left) / this.cellWidth);
    const row = Math.floor(this.fromTop(top) / this.cellHeight);
    if (column >= 0 && column < this.columns && row >= 0 && row < this.rows) {
      this.grid[row * this.columns + column] = this.lefts.length;
      this.lefts.push(left);
      this.tops.push(top);
    }
  }

  private fromWest(left: number): number {
    const { halfWidth, boxWidth, period } = this.view;
    return this.isWrapped ? ((left % period) + period) % period : left + halfWidth + boxWidth;
  }

  private fromTop(top: number): number {
    return top + this.view.halfHeight + this.view.boxHeight;
  }

  private remember(slots: number): void {
    if (this.sides.length < slots) {
      const larger = new Uint8Array(Math.ceil(slots * 1.25)).fill(NONE);
      larger.set(this.sides);
      this.sides = larger;
    }
  }
}
