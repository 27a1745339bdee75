/** The sign-in where the server requires an API key or a token, shared with the other tabs of the browser. */

import { accessKey, keepAccessKey } from "../core/access.ts";
import { element, make } from "../core/elements.ts";
import { SharedAccess } from "../core/shared-access.ts";

export class SignIn {
  private readonly dialog = element<HTMLDialogElement>("sign-in");
  private readonly signOutButton = element("sign-out");
  private readonly retry: () => void;
  private readonly shared = new SharedAccess({
    onKey: (key) => this.signIn(key),
    onSignedOut: () => location.reload(),
  });

  /** @param retry Repeats the request of the stream; needed where the browser allows no storage. */
  constructor(retry: () => void) {
    this.retry = retry;
    this.signOutButton.addEventListener("click", () => {
      this.shared.signOut();
      location.reload();
    });
  }

  /** Notes that the server sends data: it accepts the key, if it needs one. */
  accept(): void {
    const hasKey = accessKey() !== null;
    this.signOutButton.hidden = !hasKey;
    if (hasKey) {
      this.shared.accept();
    }
  }

  /** Shows the dialog, which a key that works in another tab closes again. */
  show(reason: string): void {
    if (this.dialog.open) {
      return;
    }
    this.dialog.replaceChildren(this.makeForm(accessKey() === null ? "" : reason));
    this.dialog.showModal();
    this.shared.wait();
  }

  private makeForm(reason: string): HTMLFormElement {
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
    form.addEventListener("submit", () => this.signIn(field.value.trim()));
    return form;
  }

  private signIn(key: string): void {
    if (keepAccessKey(key)) {
      location.reload();
    } else {
      this.dialog.close();
      this.retry();
    }
  }
}
