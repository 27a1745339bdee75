/** Asks who looks, where the server does not tell everybody. */

import { keepProof } from "../core/access.ts";
import { element, make } from "../core/elements.ts";

/** @param reason What the server has said to what was tried before; empty at first. */
export function askForKey(reason: string): void {
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
    make("h2", {}, "Who are you?"),
    make("p", {}, "This server shows its data to those who bring an API key or a token."),
    make("label", { for: "key" }, "API key or token"),
    field,
    make("p", { class: "reason", role: "alert" }, reason),
    make("button", { type: "submit" }, "Look"),
  );
  form.addEventListener("submit", () => {
    keepProof(field.value.trim());
    location.reload();
  });
  dialog.replaceChildren(form);
  dialog.showModal();
}
