/** Finds, fills and makes elements; received text becomes text nodes, never markup. */

/** Returns an element of index.html by its id. */
export function element<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`index.html has no element with the id ${id}`);
  }
  return found as Kind;
}

/** Sets an element's text and returns whether it changed; an equal text causes no layout. */
export function put(target: HTMLElement, text: string): boolean {
  const isNew = target.textContent !== text;
  if (isNew) {
    target.textContent = text;
  }
  return isNew;
}

/** Sets the text of an element of index.html. */
export function putInto(id: string, text: string): void {
  put(element(id), text);
}

/** Makes an element with attributes and children; strings become text nodes. */
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
