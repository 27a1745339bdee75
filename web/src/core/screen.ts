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
