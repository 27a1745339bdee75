/** A list of horizontal bars, each with a name and a number. */

import { make, put } from "../../core/elements.ts";

export interface Bar {
  name: string;
  count: number;
  /** A CSS colour; by default the accent colour. */
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
  private readonly onPress: ((name: string) => void) | null;
  private readonly hint: (name: string) => string;

  /**
   * @param onPress Called with the name of a pressed bar; without it the bars are not buttons.
   * @param hint Returns the tooltip of a bar.
   */
  constructor(
    host: HTMLElement,
    onPress: ((name: string) => void) | null = null,
    hint: (name: string) => string = (name) => name,
  ) {
    this.onPress = onPress;
    this.hint = hint;
    host.append(this.list);
  }

  /** Shows bars in proportion to the greatest one; lines keep their elements. */
  render(bars: readonly Bar[]): void {
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
      this.onPress === null
        ? make("div", {}, ...parts)
        : make("button", { type: "button" }, ...parts);
    element.addEventListener("click", () => this.onPress?.(name.textContent));
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
