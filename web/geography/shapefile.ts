/** Reads the lines and rings of an ESRI shapefile. */

import type { Line, Lines } from "../src/map/packed-ground.ts";

/** Lengths in bytes of the file's header, of that of a record, and what precedes a shape's parts. */
const FILE_HEADER = 100;
const RECORD_HEADER = 8;
const SHAPE_HEADER = 44;
const POINT = 16;
const EMPTY = 0;

/** Returns the lines of each shape; of a polygon its rings. */
export function readShapes(file: Buffer): Lines[] {
  const shapes: Lines[] = [];
  let at = FILE_HEADER;
  while (at < file.length) {
    const shape = at + RECORD_HEADER;
    if (file.readInt32LE(shape) !== EMPTY) {
      shapes.push(readParts(file, shape));
    }
    // The length counts words of 16 bits.
    at = shape + 2 * file.readInt32BE(at + 4);
  }
  return shapes;
}

function readParts(file: Buffer, shape: number): Lines {
  const parts = file.readInt32LE(shape + 36);
  const starts = Array.from({ length: parts }, (_, part) =>
    file.readInt32LE(shape + SHAPE_HEADER + 4 * part),
  );
  const points = shape + SHAPE_HEADER + 4 * parts;
  const end = file.readInt32LE(shape + 40);
  return starts.map((start, part) => readLine(file, points, start, starts[part + 1] ?? end));
}

function readLine(file: Buffer, points: number, start: number, end: number): Line {
  return Array.from({ length: end - start }, (_, index) => {
    const at = points + POINT * (start + index);
    return [file.readDoubleLE(at), file.readDoubleLE(at + 8)];
  });
}
