/** The greatest rectangle of the window that boxes at its edges leave free. */

/** CSS pixels from the upper left corner of the window. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/**
 * A box that would leave less than this, in pixels, covers the map as a whole, as the table does on a
 * phone: its user closes it to see the map, so it is not counted.
 */
const MIN_SIDE_PX = 96;

/** Returns what is left of the window without the boxes; each takes the edge that leaves the most. */
export function uncovered(window: Box, boxes: readonly Box[]): Box {
  return boxes.reduce((part, box) => without(part, box), window);
}

function without(part: Box, box: Box): Box {
  const overlaps =
    box.left < part.right &&
    box.right > part.left &&
    box.top < part.bottom &&
    box.bottom > part.top;
  if (!overlaps) {
    return part;
  }
  const rests: Box[] = [
    { ...part, left: box.right },
    { ...part, right: box.left },
    { ...part, top: box.bottom },
    { ...part, bottom: box.top },
  ].filter((rest) => Math.min(widthOf(rest), heightOf(rest)) >= MIN_SIDE_PX);
  return rests.reduce(
    (best, rest) => (areaOf(rest) > areaOf(best) ? rest : best),
    rests[0] ?? part,
  );
}

export function widthOf({ left, right }: Box): number {
  return right - left;
}

export function heightOf({ top, bottom }: Box): number {
  return bottom - top;
}

function areaOf(box: Box): number {
  return widthOf(box) * heightOf(box);
}
