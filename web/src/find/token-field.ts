/** A filter field for several names, each a removable token, with suggestions from the fleet. */

import "./listbox.css";
import "./token-field.css";
import { make } from "../core/elements.ts";
import type { FilterName } from "../stream/query.ts";
import { type Field, makeField, makeProblem, showProblem } from "./field.ts";
import type { FilterValues } from "./filter-values.ts";
import { Listbox, type ListOption } from "./listbox.ts";
import { matchNames, type NameCount, normalizeName } from "./search.ts";

export interface TokenSettings {
  name: FilterName;
  label: string;
  placeholder: string;
  /** Whether names that are not suggested are accepted. */
  isFreeText: boolean;
  /** Returns the names that the user can choose, in any order. */
  suggest(): NameCount[];
  /** Splits the value of the stream's parameter into names. */
  toNames(value: string): string[];
  toValue(names: readonly string[]): string;
  onEdit(): void;
}

export class TokenField implements Field {
  readonly root: HTMLElement;
  private readonly settings: TokenSettings;
  private readonly input: HTMLInputElement;
  private readonly suggestions: Listbox;
  private readonly tokens = make("span", { class: "tokens" });
  private readonly problem: HTMLElement;
  private names: string[] = [];
  /** Why the typed text did not become a token; undefined if it did. */
  private inputError: string | undefined;

  constructor(settings: TokenSettings) {
    const id = `filter-${settings.name}`;
    this.settings = settings;
    this.input = make("input", { id, type: "text", placeholder: settings.placeholder });
    this.suggestions = new Listbox(this.input, `${id}-list`, `Suggestions for ${settings.label}`);
    this.suggestions.list.setAttribute("aria-multiselectable", "true");
    this.problem = makeProblem(`${id}-problem`);
    const field = make(
      "div",
      { class: "token-field" },
      this.tokens,
      this.input,
      this.suggestions.list,
    );
    // The whole field looks like an input, so a click anywhere in it must act like one.
    field.addEventListener("click", ({ target }) => {
      if (target === field) {
        this.input.focus();
        this.showSuggestions();
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
    this.clearInput();
    this.renderTokens();
  }

  showErrors(errors: ReadonlyMap<FilterName, string>): void {
    const problem = errors.get(this.settings.name) ?? this.inputError;
    showProblem(this.problem, [this.input], problem);
  }

  private listen(): void {
    this.input.addEventListener("click", () => this.showSuggestions());
    this.input.addEventListener("input", () => this.onType());
    this.input.addEventListener("keydown", (event) => this.onKeyDown(event));
    this.input.addEventListener("blur", () => this.onBlur());
  }

  private onType(): void {
    const { value } = this.input;
    if (value.endsWith(",")) {
      this.input.value = value.slice(0, -1);
      this.addTyped(this.input.value);
    } else {
      this.showSuggestions();
    }
  }

  private onKeyDown(event: KeyboardEvent): void {
    const isEmpty = this.input.value === "";
    if (event.key === "Escape" && this.suggestions.isOpen) {
      event.stopPropagation(); // closes the list only, not the panel around it
      this.suggestions.close();
    } else if (event.key === "Backspace" && isEmpty && this.names.length > 0) {
      this.toggle(this.names.at(-1) ?? "");
    } else if (event.key === "ArrowDown" && !this.suggestions.isOpen) {
      event.preventDefault();
      this.showSuggestions();
    } else if (event.key === "Enter" && this.suggestions.activeIndex < 0) {
      event.preventDefault();
      this.addTyped(this.input.value);
    } else if (!(isEmpty && event.key === "Home") && !(isEmpty && event.key === "End")) {
      this.suggestions.onKeyDown(event);
    }
  }

  /** Accepts what was typed when the field loses the focus. */
  private onBlur(): void {
    this.addTyped(this.input.value);
    this.suggestions.close();
  }

  /** Adds the suggestion with the typed name, or the text itself if free text is accepted. */
  private addTyped(typed: string): void {
    const wanted = normalizeName(typed.trim());
    if (wanted === "") {
      return;
    }
    const suggestion = this.settings.suggest().find(({ name }) => normalizeName(name) === wanted);
    const name = suggestion?.name ?? (this.settings.isFreeText ? typed.trim() : null);
    if (name === null) {
      this.inputError = `“${typed.trim()}” is not in the list. Choose a suggestion.`;
      this.showErrors(new Map());
    } else if (this.names.includes(name)) {
      this.clearInput();
    } else {
      this.toggle(name);
    }
  }

  private toggle(name: string): void {
    const isChosen = this.names.includes(name);
    this.names = isChosen ? this.names.filter((other) => other !== name) : [...this.names, name];
    this.clearInput();
    this.renderTokens();
    this.settings.onEdit();
  }

  private clearInput(): void {
    this.input.value = "";
    this.inputError = undefined;
    this.showErrors(new Map());
  }

  private showSuggestions(): void {
    const text = this.input.value.trim();
    const matching = matchNames(this.settings.suggest(), text);
    const options = matching.map((suggestion) => this.makeOption(suggestion));
    this.suggestions.show([{ name: "", options }], text === "" ? -1 : 0);
  }

  private makeOption({ name, aircraft }: NameCount): ListOption {
    const isChosen = this.names.includes(name);
    const content = [
      make("span", { class: "tick", "aria-hidden": "true" }, isChosen ? "✓" : ""),
      make("span", {}, name),
      make("span", { class: "figure" }, aircraft.toLocaleString("en")),
    ];
    const choose = () => {
      const { scrollTop } = this.suggestions.list;
      const index = this.suggestions.activeIndex;
      const hadText = this.input.value !== "";
      this.toggle(name);
      if (hadText) {
        this.suggestions.close();
      } else {
        this.showSuggestions();
        this.suggestions.setActive(index);
        this.suggestions.list.scrollTop = scrollTop;
      }
    };
    return { content, isChosen, run: choose };
  }

  private renderTokens(): void {
    const tokens = this.names.map((name) => {
      const cross = make("span", { "aria-hidden": "true" }, "×");
      const attributes = { type: "button", class: "token", "aria-label": `Remove ${name}` };
      const token = make("button", attributes, name, cross);
      token.addEventListener("click", () => {
        this.toggle(name);
        this.input.focus();
        this.suggestions.close();
      });
      return token;
    });
    this.tokens.replaceChildren(...tokens);
    this.input.placeholder = this.names.length === 0 ? this.settings.placeholder : "";
  }
}
