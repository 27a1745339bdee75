/** A list of options below an input: the arrow keys move in it while the input keeps the focus. */

import { make } from "../core/elements.ts";

export interface ListOption {
  content: readonly (Node | string)[];
  /** Whether the option is chosen, in lists that allow several. */
  isChosen?: boolean;
  /** Called on a click or Enter. */
  run(): void;
}

export interface ListGroup {
  /** The heading of the group; empty for options without a heading. */
  name: string;
  options: readonly ListOption[];
}

/** Options that Page Up and Page Down skip. */
const PAGE = 8;

/** Follows the combobox pattern of the ARIA Authoring Practices. */
export class Listbox {
  readonly list: HTMLElement;
  private readonly input: HTMLInputElement;
  private options: readonly ListOption[] = [];
  private elements: readonly HTMLElement[] = [];
  private active = -1;

  /**
   * @param id The id of the list, and the prefix of its options' ids.
   * @param label The accessible name of the list.
   */
  constructor(input: HTMLInputElement, id: string, label: string) {
    this.input = input;
    this.list = make("div", { id, class: "listbox", role: "listbox", "aria-label": label });
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", id);
    input.autocomplete = "off";
    input.spellcheck = false;
    // Pressing an option would move the focus away from the input.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.options[this.indexOf(event)]?.run());
    // Not `pointerover`: a list that scrolls under a resting pointer must not change its option.
    this.list.addEventListener("pointermove", (event) => this.setActive(this.indexOf(event)));
    this.close();
  }

  get isOpen(): boolean {
    return !this.list.hidden;
  }

  /** The index of the active option over all groups; -1 if none is active. */
  get activeIndex(): number {
    return this.active;
  }

  /** Replaces the options; a negative `active` makes none of them active. */
  show(groups: readonly ListGroup[], active: number): void {
    const filled = groups.filter(({ options }) => options.length > 0);
    this.options = filled.flatMap(({ options }) => options);
    this.elements = this.options.map((option, index) => this.makeOption(option, index));
    let next = 0;
    const parts = filled.map(({ name, options }) => {
      const elements = this.elements.slice(next, next + options.length);
      next += options.length;
      return name === "" ? elements : [makeGroup(name, elements)];
    });
    this.list.replaceChildren(...parts.flat());
    this.list.hidden = this.options.length === 0;
    this.input.ariaExpanded = String(this.isOpen);
    this.active = -1;
    this.setActive(Math.min(active, this.options.length - 1));
  }

  close(): void {
    this.show([], -1);
  }

  /** Handles the keys that move in the list or choose an option, and ignores all others. */
  onKeyDown(event: KeyboardEvent): void {
    const index = this.indexAfter(event.key);
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key === "Enter" && this.active >= 0) {
      event.preventDefault();
      this.options[this.active]?.run();
    } else if (index !== null && this.isOpen) {
      event.preventDefault();
      this.setActive(index);
      this.elements[this.active]?.scrollIntoView({ block: "nearest" });
    }
  }

  /** Makes an option the active one; an index without an option makes none active. */
  setActive(index: number): void {
    const previous = this.elements[this.active];
    const next = this.elements[index];
    if (previous === next && next !== undefined) {
      return;
    }
    previous?.removeAttribute("data-active");
    this.active = next === undefined ? -1 : index;
    next?.setAttribute("data-active", "");
    if (this.options[index]?.isChosen === undefined) {
      previous?.setAttribute("aria-selected", "false");
      next?.setAttribute("aria-selected", "true");
    }
    if (next === undefined) {
      this.input.removeAttribute("aria-activedescendant");
    } else {
      this.input.setAttribute("aria-activedescendant", next.id);
    }
  }

  private indexAfter(key: string): number | null {
    const last = this.options.length - 1;
    const indexes: Record<string, number> = {
      ArrowDown: this.active >= last ? 0 : this.active + 1,
      ArrowUp: this.active <= 0 ? last : this.active - 1,
      PageDown: Math.min(this.active + PAGE, last),
      PageUp: Math.max(this.active - PAGE, 0),
      Home: 0,
      End: last,
    };
    return indexes[key] ?? null;
  }

  private indexOf(event: Event): number {
    const option = (event.target as Element).closest("[role=option]");
    return option === null ? this.active : this.elements.indexOf(option as HTMLElement);
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
