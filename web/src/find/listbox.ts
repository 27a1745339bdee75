/** A list of options that the keyboard walks through while an input keeps the focus. */

import { make } from "../core/elements.ts";

export interface ListOption {
  content: readonly (Node | string)[];
  /** In lists where several may be chosen: whether this one is. */
  isChosen?: boolean;
  run(): void;
}

export interface ListGroup {
  name: string;
  options: readonly ListOption[];
}

const PAGE = 8;

/** After the combobox pattern of the ARIA Authoring Practices. */
export class Listbox {
  readonly list: HTMLElement;
  private readonly input: HTMLInputElement;
  private options: readonly ListOption[] = [];
  private places: readonly HTMLElement[] = [];
  private active = -1;

  /** @param name What the list holds, and the beginning of its elements' ids. */
  constructor(input: HTMLInputElement, id: string, name: string) {
    this.input = input;
    this.list = make("div", { id, class: "listbox", role: "listbox", "aria-label": name });
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", id);
    input.autocomplete = "off";
    input.spellcheck = false;
    // A press would take the focus from the input.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.options[this.placeOf(event)]?.run());
    // Not `pointerover`: a list that scrolls under a resting pointer chooses nothing.
    this.list.addEventListener("pointermove", (event) => this.point(this.placeOf(event)));
    this.close();
  }

  get isOpen(): boolean {
    return !this.list.hidden;
  }

  /** Shows options in place of what was there; a negative place makes none active. */
  show(groups: readonly ListGroup[], active: number): void {
    const filled = groups.filter(({ options }) => options.length > 0);
    this.options = filled.flatMap(({ options }) => options);
    this.places = this.options.map((option, index) => this.makeOption(option, index));
    let next = 0;
    const parts = filled.map(({ name, options }) => {
      const places = this.places.slice(next, next + options.length);
      next += options.length;
      return name === "" ? places : [makeGroup(name, places)];
    });
    this.list.replaceChildren(...parts.flat());
    this.list.hidden = this.options.length === 0;
    this.input.ariaExpanded = String(this.isOpen);
    this.active = -1;
    this.point(Math.min(active, this.options.length - 1));
  }

  close(): void {
    this.show([], -1);
  }

  /** Takes a key if it is one for the list. */
  take(event: KeyboardEvent): void {
    const place = this.placeAfter(event.key);
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.options[this.active]?.run();
    } else if (place !== null && this.isOpen) {
      event.preventDefault();
      this.point(place);
      this.places[this.active]?.scrollIntoView({ block: "nearest" });
    }
  }

  get activePlace(): number {
    return this.active;
  }

  private placeAfter(key: string): number | null {
    const last = this.options.length - 1;
    const places: Record<string, number> = {
      ArrowDown: this.active >= last ? 0 : this.active + 1,
      ArrowUp: this.active <= 0 ? last : this.active - 1,
      PageDown: Math.min(this.active + PAGE, last),
      PageUp: Math.max(this.active - PAGE, 0),
      Home: 0,
      End: last,
    };
    return places[key] ?? null;
  }

  /** Makes an option the active one; a place where there is none makes none active. */
  point(place: number): void {
    const before = this.places[this.active];
    const now = this.places[place];
    if (before === now && now !== undefined) {
      return;
    }
    before?.removeAttribute("data-active");
    this.active = now === undefined ? -1 : place;
    now?.setAttribute("data-active", "");
    if (this.options[place]?.isChosen === undefined) {
      before?.setAttribute("aria-selected", "false");
      now?.setAttribute("aria-selected", "true");
    }
    if (now === undefined) {
      this.input.removeAttribute("aria-activedescendant");
    } else {
      this.input.setAttribute("aria-activedescendant", now.id);
    }
  }

  private placeOf(event: Event): number {
    const option = (event.target as Element).closest("[role=option]");
    return option === null ? this.active : this.places.indexOf(option as HTMLElement);
  }

  private makeOption({ content, isChosen = false }: ListOption, index: number): HTMLElement {
    const id = `${this.list.id}-${index}`;
    const attributes = { id, role: "option", "aria-selected": String(isChosen) };
    return make("div", attributes, ...content);
  }
}

function makeGroup(name: string, options: readonly HTMLElement[]): HTMLElement {
  const title = make("div", { class: "group-name", "aria-hidden": "true" }, name);
  return make("div", { role: "group", "aria-label": name }, title, ...options);
}
