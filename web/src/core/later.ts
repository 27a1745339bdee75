/** Loads a part of the page when it is first used. */

import { make } from "./elements.ts";

/** Not for a part that is typed into: what is typed before it is there would be lost. */
export class Later<Part> {
  /** Null until it is loaded. */
  part: Part | null = null;
  private loading: Promise<Part> | null = null;
  private readonly host: HTMLElement;
  private readonly create: () => Promise<Part>;
  private readonly notice = make("p", { role: "status" });

  /**
   * @param host Shows that the part is loading, or why it cannot be used.
   * @param create Imports the part and creates it in the host.
   */
  constructor(host: HTMLElement, create: () => Promise<Part>) {
    this.host = host;
    this.create = create;
  }

  /** Calls a function with the part once it is there; never if it cannot be loaded. */
  use(then: (part: Part) => void = () => undefined): void {
    this.loading ??= this.load();
    this.loading.then(then, () => undefined);
  }

  private async load(): Promise<Part> {
    this.notice.textContent = "Loading …";
    this.host.append(this.notice);
    try {
      this.part = await this.create();
      this.notice.remove();
      return this.part;
    } catch (error) {
      this.loading = null; // the next use tries again
      this.notice.textContent = "This part of the page could not be loaded. Reload the page.";
      throw error;
    }
  }
}
