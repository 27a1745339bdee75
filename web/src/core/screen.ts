/** The size of the window, as far as the layout depends on it. */

/**
 * The same condition as in the style sheets: a phone upright, or a phone on its side. In a media
 * query an em is the browser's own text size, so larger texts get the layout of a phone sooner.
 */
const SMALL = "(width < 45em), (height < 31.25em)";

/** Whether the window is so small that it shows one thing at a time, as on a phone. */
export function isSmall(): boolean {
  return matchMedia(SMALL).matches;
}

/** Calls back whenever the window has become small, as a phone that is turned. */
export function onSmall(listener: () => void): void {
  matchMedia(SMALL).addEventListener("change", ({ matches }) => {
    if (matches) {
      listener();
    }
  });
}

/** Up to this size of the window everything is drawn in its usual size; as in theme.css. */
const [USUAL_WIDTH_PX, USUAL_HEIGHT_PX] = [2_560, 1_440];

/** Returns by how much to enlarge what is drawn: 1, or more on a larger screen without scaling of its own. */
export function screenScale(): number {
  return Math.max(1, Math.min(innerWidth / USUAL_WIDTH_PX, innerHeight / USUAL_HEIGHT_PX));
}
