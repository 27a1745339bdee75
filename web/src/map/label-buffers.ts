/** The labels that are shown as vertex buffers for the graphics card. */

import type { AircraftBuffers } from "./aircraft-buffers.ts";
import { MAX_LABELS, type Placed } from "./label-placement.ts";
import { TEXT_BYTES } from "./label-text.ts";

/** A label's text takes two attributes of four numbers each. */
const WORDS = TEXT_BYTES / 8;

/** Each array has the values of one label after the other, and room for as many as can be shown. */
export class LabelBuffers {
  /** Longitude and latitude in degrees. */
  readonly positions = new Float32Array(2 * MAX_LABELS);
  /** As those of the aircraft, but at last 1 for an emergency, else 0. */
  readonly motions = new Float32Array(4 * MAX_LABELS);
  /** From the aircraft to the upper left corner, in pixels of the screen. */
  readonly offsets = new Float32Array(2 * MAX_LABELS);
  /** The first and the second half of each text. */
  readonly texts = new Uint32Array(WORDS * MAX_LABELS);
  readonly textEnds = new Uint32Array(WORDS * MAX_LABELS);
  length = 0;

  /**
   * Adds a label.
   *
   * @param text As many bytes as a text has, as numbers of four bytes.
   * @param pixelRatio Pixels of the screen in a pixel of the page.
   */
  add(
    { slot, left, top }: Placed,
    aircraft: AircraftBuffers,
    isEmergency: boolean,
    text: Uint32Array,
    pixelRatio: number,
  ): void {
    const index = this.length++;
    this.positions[2 * index] = aircraft.positions[2 * slot] as number;
    this.positions[2 * index + 1] = aircraft.positions[2 * slot + 1] as number;
    for (let at = 0; at < 3; at++) {
      this.motions[4 * index + at] = aircraft.motions[4 * slot + at] as number;
    }
    this.motions[4 * index + 3] = isEmergency ? 1 : 0;
    this.offsets[2 * index] = left * pixelRatio;
    this.offsets[2 * index + 1] = top * pixelRatio;
    for (let word = 0; word < WORDS; word++) {
      this.texts[WORDS * index + word] = text[word] as number;
      this.textEnds[WORDS * index + word] = text[WORDS + word] as number;
    }
  }
}

/** Returns the `data` of the layer; deck.gl uploads the arrays only when it gets a new object. */
export function labelData({ length, ...buffers }: LabelBuffers) {
  return {
    length,
    attributes: {
      instancePositions: { value: buffers.positions.subarray(0, 2 * length), size: 2 },
      instanceMotions: { value: buffers.motions.subarray(0, 4 * length), size: 4 },
      instanceOffsets: { value: buffers.offsets.subarray(0, 2 * length), size: 2 },
      instanceTexts: { value: buffers.texts.subarray(0, WORDS * length), size: 4 },
      instanceTextEnds: { value: buffers.textEnds.subarray(0, WORDS * length), size: 4 },
    },
  };
}

export type LabelData = ReturnType<typeof labelData>;
