/** The page's elements, found by their ids; text goes into them as text only. */

/** Gives an element that index.html promises. */
export function element<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`index.html has no element with the id ${id}`);
  }
  return found as Kind;
}

/** Writes a text, if it is another one, and says whether it was: nothing is laid out for nothing. */
export function put(place: HTMLElement, text: string): boolean {
  const isNew = place.textContent !== text;
  if (isNew) {
    place.textContent = text;
  }
  return isNew;
}

/** Writes a text into an element that index.html promises. */
export function say(id: string, text: string): void {
  put(element(id), text);
}

/** Makes an element with attributes and children; strings become text, never markup. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
