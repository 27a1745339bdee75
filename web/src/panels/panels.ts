/** Opens and closes the panels: one beside the map at a time, and the table below it. */

import { element } from "../core/elements.ts";

export const SIDES = ["filters", "statistics", "past", "settings"] as const;
export type Side = (typeof SIDES)[number];

/** As in style.css. */
const NARROW_PX = 720;

/** Says whether there is room for one thing at a time, as on a phone. */
export function isNarrow(): boolean {
  return window.innerWidth < NARROW_PX;
}

export function isSide(text: string | null): text is Side {
  return (SIDES as readonly (string | null)[]).includes(text);
}

export class Panels {
  /** What is open beside the map. */
  side: Side | null = null;
  isTableOpen = false;
  private readonly change: () => void;

  /** @param change Called when something was opened or closed. */
  constructor(change: () => void) {
    this.change = change;
    for (const name of SIDES) {
      element(`open-${name}`).addEventListener("click", () => this.toggle(name));
      element(`close-${name}`).addEventListener("click", () => this.show(null));
    }
    element("open-table").addEventListener("click", () => this.showTable(!this.isTableOpen));
  }

  toggle(side: Side): void {
    this.show(this.side === side ? null : side);
  }

  show(side: Side | null): void {
    const before = this.side;
    this.side = side;
    this.dress();
    if (side !== null) {
      element(side).querySelector<HTMLElement>("h2")?.focus();
    } else if (before !== null) {
      element(`open-${before}`).focus();
    }
    this.change();
  }

  showTable(isOpen: boolean): void {
    this.isTableOpen = isOpen;
    this.dress();
    this.change();
  }

  /** Closes what lies over the map and the details, where there is no room beside them. */
  uncover(): void {
    if (isNarrow()) {
      this.side = null;
      this.isTableOpen = false;
      this.dress();
      this.change();
    }
  }

  private dress(): void {
    for (const name of SIDES) {
      const isOpen = name === this.side;
      element(name).hidden = !isOpen;
      element(`open-${name}`).ariaExpanded = String(isOpen);
    }
    element("table").hidden = !this.isTableOpen;
    element("open-table").ariaExpanded = String(this.isTableOpen);
    document.body.classList.toggle("has-side", this.side !== null);
    document.body.classList.toggle("has-table", this.isTableOpen);
  }
}
