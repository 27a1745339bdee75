/** The texture of the characters that labels are written with. */

import { GLYPHS } from "./label-text.ts";

/** Characters in a row of the texture. */
export const GLYPH_COLUMNS = 16;
/** Of equal width, so that a shader finds each character of a line by counting. */
const FONTS = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';
const LINE_HEIGHT = 1.16;
/** Width of the line around the characters, as a part of their size. */
const HALO = 0.3;

export interface Glyphs {
  canvas: HTMLCanvasElement;
  /** Width and height of a character in a label, in pixels of the screen. */
  width: number;
  height: number;
  /** Pixels around a character in the texture, for the line around it. */
  margin: number;
}

/**
 * Draws all characters: red is the filled character, alpha the character with a line around it.
 *
 * @param sizePx The size of the font in pixels of the screen.
 */
export function drawGlyphs(sizePx: number): Glyphs {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  if (pen === null) {
    throw new Error(
      "the browser gives no 2d canvas to draw labels with; enable canvas and reload the page",
    );
  }
  const font = `600 ${sizePx}px ${FONTS}`;
  pen.font = font;
  const width = Math.ceil(pen.measureText("M").width);
  const height = Math.ceil(sizePx * LINE_HEIGHT);
  const margin = Math.ceil((HALO * sizePx) / 2) + 1;
  const [cellWidth, cellHeight] = [width + 2 * margin, height + 2 * margin];
  canvas.width = cellWidth * GLYPH_COLUMNS;
  canvas.height = cellHeight * Math.ceil(GLYPHS.length / GLYPH_COLUMNS);
  // A canvas that changes its size forgets its font.
  Object.assign(pen, { font, textBaseline: "middle", textAlign: "center", lineJoin: "round" });
  Object.assign(pen, { lineWidth: HALO * sizePx, strokeStyle: "#000", fillStyle: "#fff" });
  GLYPHS.forEach((glyph, index) => {
    const x = ((index % GLYPH_COLUMNS) + 0.5) * cellWidth;
    const y = (Math.floor(index / GLYPH_COLUMNS) + 0.5) * cellHeight;
    pen.strokeText(glyph, x, y);
    pen.fillText(glyph, x, y);
  });
  return { canvas, width, height, margin };
}
