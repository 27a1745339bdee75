/** A list of bars: names, numbers, and how they compare. */

import { make, put } from "../../core/elements.ts";

export interface Bar {
  name: string;
  count: number;
  /** As a style sheet writes it; the accent's if there is none. */
  colour?: string;
}

interface Line {
  element: HTMLElement;
  name: HTMLElement;
  fill: HTMLElement;
  count: HTMLElement;
}

export class Bars {
  private readonly list = make("ul", { class: "bars" });
  private readonly lines: Line[] = [];
  private readonly press: ((name: string) => void) | null;
  private readonly hint: (name: string) => string;

  /**
   * @param press Takes the name of a bar that is pressed; without it they are no buttons.
   * @param hint Says what pressing does.
   */
  constructor(
    host: HTMLElement,
    press: ((name: string) => void) | null = null,
    hint: (name: string) => string = (name) => name,
  ) {
    this.press = press;
    this.hint = hint;
    host.append(this.list);
  }

  /** Shows bars against the greatest of them; lines keep their elements. */
  show(bars: readonly Bar[]): void {
    const greatest = bars.reduce((most, { count }) => Math.max(most, count), 1);
    for (let index = this.lines.length; index < bars.length; index++) {
      this.add();
    }
    this.lines.forEach((line, index) => {
      const bar = bars[index];
      (line.element.parentElement as HTMLElement).hidden = bar === undefined;
      if (bar !== undefined) {
        this.write(line, bar, greatest);
      }
    });
  }

  private add(): void {
    const name = make("span", { class: "name" });
    const fill = make("span", { class: "fill" });
    const count = make("span", { class: "count" });
    const parts = [name, make("span", { class: "groove", "aria-hidden": "true" }, fill), count];
    const element =
      this.press === null
        ? make("div", {}, ...parts)
        : make("button", { type: "button" }, ...parts);
    element.addEventListener("click", () => this.press?.(name.textContent));
    this.lines.push({ element, name, fill, count });
    this.list.append(make("li", {}, element));
  }

  private write({ element, name, fill, count }: Line, bar: Bar, greatest: number): void {
    put(count, bar.count.toLocaleString("en"));
    fill.style.width = `${(100 * bar.count) / greatest}%`;
    fill.style.backgroundColor = bar.colour ?? "";
    if (put(name, bar.name)) {
      element.title = this.hint(bar.name);
    }
  }
}
