/** The size of the window, as far as the layout depends on it. */

/** The same width as in style.css. */
const NARROW_PX = 720;

/** Whether the window is so narrow that it shows one thing at a time, as on a phone. */
export function isNarrow(): boolean {
  return window.innerWidth < NARROW_PX;
}
