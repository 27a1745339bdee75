/** Shows today's traffic by the hour, asked for when opened and every few minutes. */

import { make } from "../../core/elements.ts";
import type { Hour } from "../../history/answers.ts";
import { fetchHours } from "../../history/history-client.ts";
import { HistoryError } from "../../history/history-error.ts";
import { writeMinute } from "../../time/write-time.ts";
import { beginOfDay, describeDay, fillDay } from "./day.ts";

const ASK_MS = 300_000;
const HOURS = 24;

export class Today {
  private readonly columns = make("div", { class: "hours", role: "img" });
  private readonly scale = make("div", { class: "scale", "aria-hidden": "true" });
  private readonly notice = make("p", { class: "notice", role: "status" }, "Asking the archive …");
  private asked = Number.NEGATIVE_INFINITY;

  constructor(host: HTMLElement) {
    this.columns.hidden = true;
    this.scale.hidden = true;
    for (const hour of ["00", "06", "12", "18", "24"]) {
      this.scale.append(make("span", {}, hour));
    }
    host.append(this.columns, this.scale, this.notice);
  }

  /** Asks again if the last answer is old; `now` is in Unix seconds. */
  refresh(now: number): void {
    const time = performance.now();
    if (time - this.asked >= ASK_MS) {
      this.asked = time;
      void this.ask(now);
    }
  }

  private async ask(now: number): Promise<void> {
    const begin = beginOfDay(now);
    try {
      this.show(fillDay(await fetchHours(begin, Math.ceil(now)), begin, now));
    } catch (error) {
      if (!(error instanceof HistoryError)) {
        throw error;
      }
      // What was shown before is still true.
      this.notice.textContent = tellError(error);
    }
  }

  private show(hours: readonly Hour[]): void {
    const most = Math.max(...hours.map(({ aircraft }) => aircraft));
    this.columns.hidden = most === 0;
    this.scale.hidden = most === 0;
    const words = most === 0 ? "Nothing has been stored today so far." : describeDay(hours);
    this.notice.textContent = words;
    this.columns.ariaLabel = words;
    this.columns.replaceChildren(...hours.map((hour) => column(hour, most)));
    for (let index = hours.length; index < HOURS; index++) {
      this.columns.append(make("span", { class: "hour" }));
    }
  }
}

function column({ hour, aircraft, state_vectors }: Hour, most: number): HTMLElement {
  const fill = make("span", { class: "fill" });
  fill.style.height = `${(100 * aircraft) / most}%`;
  const made = make("span", { class: "hour" }, fill);
  const vectors =
    state_vectors === null ? "" : `, ${state_vectors.toLocaleString("en")} state vectors`;
  made.title = `${writeMinute(hour)}: ${aircraft.toLocaleString("en")} aircraft${vectors}`;
  return made;
}

/** The page itself comes again: the person need not be told to. */
function tellError({ message, isPassing }: HistoryError): string {
  const [what = message] = message.split("; try again");
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;
  return isPassing ? `${sentence} It is asked again in five minutes.` : sentence;
}
