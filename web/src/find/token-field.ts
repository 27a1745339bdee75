/** A field for several names, each a token, with suggestions out of the fleet. */

import "./listbox.css";
import "./token-field.css";
import { make } from "../core/elements.ts";
import type { FilterName } from "../stream/query.ts";
import { type Field, makeField, makeProblem, tellProblem } from "./field.ts";
import type { FilterValues } from "./filter-values.ts";
import { Listbox, type ListOption } from "./listbox.ts";
import { plain, rankName } from "./search.ts";

export interface Suggestion {
  name: string;
  /** How many there are now. */
  aircraft: number;
}

export interface TokenSettings {
  name: FilterName;
  label: string;
  placeholder: string;
  /** Whether names are taken that are not suggested. */
  isFree: boolean;
  suggest(): Suggestion[];
  toNames(value: string): string[];
  toValue(names: readonly string[]): string;
  edit(): void;
}

export class TokenField implements Field {
  readonly root: HTMLElement;
  private readonly settings: TokenSettings;
  private readonly input: HTMLInputElement;
  private readonly box: Listbox;
  private readonly tokens = make("span", { class: "tokens" });
  private readonly problem: HTMLElement;
  private names: string[] = [];
  /** What is wrong with the text that could not become a token. */
  private wrong: string | undefined;

  constructor(settings: TokenSettings) {
    const id = `filter-${settings.name}`;
    this.settings = settings;
    this.input = make("input", { id, type: "text", placeholder: settings.placeholder });
    this.box = new Listbox(this.input, `${id}-list`, `Suggestions for ${settings.label}`);
    this.box.list.setAttribute("aria-multiselectable", "true");
    this.problem = makeProblem(`${id}-problem`);
    const field = make("div", { class: "token-field" }, this.tokens, this.input, this.box.list);
    // All of the field looks like an input, so all of it takes the press.
    field.addEventListener("click", ({ target }) => {
      if (target === field) {
        this.input.focus();
        this.suggest();
      }
    });
    this.root = makeField(make("label", { for: id }, settings.label), this.problem, field);
    this.listen();
  }

  read(): Partial<FilterValues> {
    return { [this.settings.name]: this.settings.toValue(this.names) };
  }

  show(values: FilterValues): void {
    this.names = this.settings.toNames(values[this.settings.name]);
    this.empty();
    this.draw();
  }

  tell(errors: ReadonlyMap<FilterName, string>): void {
    const problem = errors.get(this.settings.name) ?? this.wrong;
    tellProblem(this.problem, [this.input], problem);
  }

  private listen(): void {
    this.input.addEventListener("click", () => this.suggest());
    this.input.addEventListener("input", () => this.type());
    this.input.addEventListener("keydown", (event) => this.press(event));
    this.input.addEventListener("blur", () => this.leave());
  }

  private type(): void {
    const { value } = this.input;
    if (value.endsWith(",")) {
      this.input.value = value.slice(0, -1);
      this.take(this.input.value);
    } else {
      this.suggest();
    }
  }

  private press(event: KeyboardEvent): void {
    const isEmpty = this.input.value === "";
    if (event.key === "Escape" && this.box.isOpen) {
      event.stopPropagation(); // closes the list, not what is around it
      this.box.close();
    } else if (event.key === "Backspace" && isEmpty && this.names.length > 0) {
      this.toggle(this.names.at(-1) ?? "");
    } else if (event.key === "ArrowDown" && !this.box.isOpen) {
      event.preventDefault();
      this.suggest();
    } else if (event.key === "Enter" && this.box.activePlace < 0) {
      event.preventDefault();
      this.take(this.input.value);
    } else if (!(isEmpty && event.key === "Home") && !(isEmpty && event.key === "End")) {
      this.box.take(event);
    }
  }

  /** Who leaves the field means what stands in it. */
  private leave(): void {
    this.take(this.input.value);
    this.box.close();
  }

  /** Adds what was typed: a suggestion of that name, else the text itself where that is allowed. */
  private take(typed: string): void {
    const wanted = plain(typed.trim());
    if (wanted === "") {
      return;
    }
    const known = this.settings.suggest().find(({ name }) => plain(name) === wanted);
    const name = known?.name ?? (this.settings.isFree ? typed.trim() : null);
    if (name === null) {
      this.wrong = `“${typed.trim()}” is none of them: choose from the list`;
      this.tell(new Map());
    } else if (this.names.includes(name)) {
      this.empty();
    } else {
      this.toggle(name);
    }
  }

  private toggle(name: string): void {
    const isChosen = this.names.includes(name);
    this.names = isChosen ? this.names.filter((other) => other !== name) : [...this.names, name];
    this.empty();
    this.draw();
    this.settings.edit();
  }

  private empty(): void {
    this.input.value = "";
    this.wrong = undefined;
    this.tell(new Map());
  }

  private suggest(): void {
    const wanted = plain(this.input.value.trim());
    const ranked = this.settings
      .suggest()
      .map((suggestion) => ({ ...suggestion, rank: rankName(suggestion.name, wanted) }))
      .filter(({ rank }) => rank < 3)
      .sort((one, other) => one.rank - other.rank);
    const options = ranked.map((suggestion) => this.option(suggestion));
    this.box.show([{ name: "", options }], wanted === "" ? -1 : 0);
  }

  private option({ name, aircraft }: Suggestion): ListOption {
    const isChosen = this.names.includes(name);
    const content = [
      make("span", { class: "tick", "aria-hidden": "true" }, isChosen ? "✓" : ""),
      make("span", {}, name),
      make("span", { class: "figure" }, aircraft.toLocaleString("en")),
    ];
    const choose = () => {
      const { scrollTop } = this.box.list;
      const place = this.box.activePlace;
      const hadText = this.input.value !== "";
      this.toggle(name);
      if (hadText) {
        this.box.close();
      } else {
        this.suggest();
        this.box.point(place);
        this.box.list.scrollTop = scrollTop;
      }
    };
    return { content, isChosen, run: choose };
  }

  private draw(): void {
    const tokens = this.names.map((name) => {
      const cross = make("span", { "aria-hidden": "true" }, "×");
      const attributes = { type: "button", class: "token", "aria-label": `Remove ${name}` };
      const token = make("button", attributes, name, cross);
      token.addEventListener("click", () => {
        this.toggle(name);
        this.input.focus();
        this.box.close();
      });
      return token;
    });
    this.tokens.replaceChildren(...tokens);
    this.input.placeholder = this.names.length === 0 ? this.settings.placeholder : "";
  }
}
