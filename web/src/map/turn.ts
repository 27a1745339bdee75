/** The same meridian under another name: longitudes 360 degrees apart are one. */

/** Gives the same longitude, less than half a turn from another. */
export function nearestTurn(longitude: number, to: number): number {
  return longitude + 360 * Math.round((to - longitude) / 360);
}
