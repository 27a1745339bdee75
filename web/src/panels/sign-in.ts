/** The dialog that takes an API key or a token, where the server requires one. */

import { keepAccessKey } from "../core/access.ts";
import { element, make } from "../core/elements.ts";

/** @param reason Why the server rejected the last key; empty at the first attempt. */
export function showSignIn(reason: string): void {
  const dialog = element<HTMLDialogElement>("sign-in");
  if (dialog.open) {
    return;
  }
  const field = make("input", {
    id: "key",
    type: "password",
    autocomplete: "off",
    spellcheck: "false",
    required: "",
  });
  const form = make(
    "form",
    { method: "dialog" },
    make("h2", {}, "Sign in"),
    make("p", {}, "This server requires an API key or a token."),
    make("label", { for: "key" }, "API key or token"),
    field,
    make("p", { class: "reason", role: "alert" }, reason),
    make("button", { type: "submit" }, "Sign in"),
  );
  form.addEventListener("submit", () => {
    keepAccessKey(field.value.trim());
    location.reload();
  });
  dialog.replaceChildren(form);
  dialog.showModal();
}
