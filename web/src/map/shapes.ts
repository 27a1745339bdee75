/** The icons of aircraft by OpenSky's category, and the texture atlas of these icons. */

/** SVG paths in a box from -16 to 16 with the nose up, drawn for this project. */
const OUTLINES = {
  airliner:
    "M0-14.5C1.3-14.5 1.8-12.5 1.8-10.5V-4L13.5 3.6V6L1.8 2.4 1.5 9.2 5 12V13.8L0 12.4-5 13.8V12L-1.5 9.2-1.8 2.4-13.5 6V3.6L-1.8-4V-10.5C-1.8-12.5-1.3-14.5 0-14.5Z",
  heavy:
    "M0-15.5C1.7-15.5 2.4-13 2.4-10.8V-4.6L15.5 4V6.8L2.4 3 2 9.6 6 12.6V14.8L0 13-6 14.8V12.6L-2 9.6-2.4 3-15.5 6.8V4L-2.4-4.6V-10.8C-2.4-13-1.7-15.5 0-15.5Z",
  light:
    "M0-10.5C1.1-10.5 1.5-9 1.5-7.5V-5H12V-1.6L1.5-.6 1 6.4H4.6V8.8L0 9.2-4.6 8.8V6.4H-1L-1.5-.6-12-1.6V-5H-1.5V-7.5C-1.5-9-1.1-10.5 0-10.5Z",
  fast: "M0-15L1.8-7 3-1 11 7V9.6L3 7.6 2.4 11.4 4.6 14H-4.6L-2.4 11.4-3 7.6-11 9.6V7L-3-1-1.8-7Z",
  helicopter:
    "M0-7.5C2.2-7.5 3-5 3-2.8L11.3-11.1 13-9.4 3.9-.3 13 8.8 11.3 10.5 2.5 1.7 1 4V11H3.6V13H-3.6V11H-1V4L-2.5 1.7-11.3 10.5-13 8.8-3.9-.3-13-9.4-11.3-11.1-3-2.8C-3-5-2.2-7.5 0-7.5Z",
  glider:
    "M0-8.5C.9-8.5 1.1-7 1.1-5.5V-4L15.5-2.8V-.8L1.1-.6 .7 7.5H3.6V9.3H-3.6V7.5H-.7L-1.1-.6-15.5-.8V-2.8L-1.1-4V-5.5C-1.1-7-.9-8.5 0-8.5Z",
  balloon:
    "M0-12C5.5-12 9-8 9-3.6 9 .8 5 4.2 2.6 7.4V11H-2.6V7.4C-5 4.2-9 .8-9-3.6-9-8-5.5-12 0-12Z",
  drone: "M-9-9H-4L0-3 4-9H9V-4L3 0 9 4V9H4L0 3-4 9H-9V4L-3 0-9-4Z",
  ground: "M-3.4-8H3.4L5-5V8H-5V-5Z",
  unknown: "M0-11L8.5 9 0 4.6-8.5 9Z",
} as const;

export type Shape = keyof typeof OUTLINES;

export const SHAPES = Object.keys(OUTLINES) as Shape[];

/** The shape of each OpenSky `category`, 0 to 20: https://openskynetwork.github.io/opensky-api/rest.html. */
const BY_CATEGORY: readonly Shape[] = [
  "airliner", // no information at all: most are airliners
  "airliner", // no information about the category
  "light",
  "light", // small
  "airliner", // large
  "airliner", // high vortex large
  "heavy",
  "fast",
  "helicopter",
  "glider",
  "balloon", // lighter than air
  "balloon", // parachutist
  "glider", // ultralight, hang-glider
  "unknown", // reserved
  "drone",
  "fast", // space
  "ground", // emergency vehicle
  "ground", // service vehicle
  "ground", // point obstacle
  "ground", // cluster obstacle
  "ground", // line obstacle
];

/** Width and height of one shape in the atlas. */
const CELL_PX = 128;
/** Width of a cell in units of the paths: the box of 32 and a margin for outlines. */
const CELL_UNITS = 36;

const INDEX_BY_CATEGORY = BY_CATEGORY.map((shape) => SHAPES.indexOf(shape));
const DEFAULT_INDEX = SHAPES.indexOf("airliner");

/** Returns the index in SHAPES for a category; NaN is a category that was not received. */
export function shapeIndex(category: number): number {
  return INDEX_BY_CATEGORY[category] ?? DEFAULT_INDEX;
}

/** Draws all shapes side by side: red is the filled shape, alpha the shape with its outline. */
export function drawAtlas(): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = CELL_PX * SHAPES.length;
  canvas.height = CELL_PX;
  const pen = canvas.getContext("2d");
  if (pen === null) {
    throw new Error(
      "the browser gives no 2d canvas to draw aircraft with; enable canvas and reload the page",
    );
  }
  pen.lineJoin = "round";
  SHAPES.forEach((shape, index) => {
    const scale = CELL_PX / CELL_UNITS;
    pen.setTransform(scale, 0, 0, scale, (index + 0.5) * CELL_PX, CELL_PX / 2);
    const path = new Path2D(OUTLINES[shape]);
    pen.strokeStyle = "#000";
    pen.lineWidth = 2;
    pen.stroke(path);
    pen.fillStyle = "#fff";
    pen.fill(path);
  });
  return canvas;
}
