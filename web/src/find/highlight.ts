/** Marks the part of a result that was typed. */

import { make } from "../core/elements.ts";
import { indexOfIgnoringCase } from "./search.ts";

/** Returns a text with the typed part marked; with `isPrefix` only at its beginning. */
export function highlight(text: string, typed: string, isPrefix = false): (Node | string)[] {
  const at = indexOfIgnoringCase(text, typed.toLowerCase());
  if (typed === "" || at < 0 || (isPrefix && at > 0)) {
    return [text];
  }
  const end = at + typed.length;
  return [text.slice(0, at), make("mark", {}, text.slice(at, end)), text.slice(end)];
}
