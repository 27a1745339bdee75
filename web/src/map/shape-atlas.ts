/** Draws the shapes: all of them as a texture atlas, and one of them for the legend. */

import type { Polygon } from "./airframe.ts";
import { OUTLINES, SHAPES, type Shape } from "./shape-outlines.ts";

/** Cells in a row of the atlas; the rows make it about square, as graphics cards limit its sides. */
export const ATLAS_COLUMNS = 8;
export const ATLAS_ROWS = Math.ceil(SHAPES.length / ATLAS_COLUMNS);
/** Width and height of one shape in the atlas. */
const CELL_PX = 128;
/** Width of a cell in units of the outlines: the box of 32 and a margin for the line around them. */
export const SHAPE_UNITS = 36;
/** Units by which the line around a shape is wider than the shape, on both sides together. */
const LINE = 2.2;
/** Units by which corners are rounded. */
const ROUNDING = 0.6;

/** Draws all shapes in a grid: red is the filled shape, alpha the shape with the line around it. */
export function drawAtlas(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = CELL_PX * ATLAS_COLUMNS;
  canvas.height = CELL_PX * ATLAS_ROWS;
  const pen = canvas.getContext("2d");
  if (pen === null) {
    throw new Error(
      "the browser gives no 2d canvas to draw aircraft with; enable canvas and reload the page",
    );
  }
  SHAPES.forEach((shape, index) => {
    const [column, row] = [index % ATLAS_COLUMNS, Math.floor(index / ATLAS_COLUMNS)];
    const scale = CELL_PX / SHAPE_UNITS;
    pen.setTransform(scale, 0, 0, scale, (column + 0.5) * CELL_PX, (row + 0.5) * CELL_PX);
    drawShape(pen, shape, "#fff", "#000");
  });
  return canvas;
}

/** Draws one shape around the origin of a pen, in the units of the outlines; its marks are cut out if there is no line. */
export function drawShape(
  pen: CanvasRenderingContext2D,
  shape: Shape,
  fill: string,
  line: string,
): void {
  const { parts, marks = [] } = OUTLINES[shape];
  const paths = parts.map(pathOf);
  pen.lineJoin = "round";
  pen.strokeStyle = line;
  pen.lineWidth = LINE;
  for (const path of paths) {
    pen.stroke(path);
  }
  // Part by part: one path of several parts would have holes where they overlap.
  pen.fillStyle = fill;
  pen.strokeStyle = fill;
  pen.lineWidth = ROUNDING;
  for (const path of paths) {
    pen.fill(path);
    pen.stroke(path);
  }
  const isCut = line === "transparent";
  pen.globalCompositeOperation = isCut ? "destination-out" : "source-over";
  pen.fillStyle = isCut ? fill : line;
  for (const mark of marks) {
    pen.fill(pathOf(mark));
  }
  pen.globalCompositeOperation = "source-over";
}

function pathOf(polygon: Polygon): Path2D {
  const path = new Path2D();
  for (let at = 0; at < polygon.length; at += 2) {
    path.lineTo(polygon[at] as number, polygon[at + 1] as number);
  }
  path.closePath();
  return path;
}
