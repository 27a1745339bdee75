/** Today's traffic by the hour, requested when the panel opens and every five minutes. */

import { make } from "../../core/elements.ts";
import { writeMinute } from "../../core/times.ts";
import { fetchHours } from "../../history/history-client.ts";
import { HistoryError } from "../../history/history-error.ts";
import type { Hour } from "../../history/responses.ts";
import { describeHours, fillDay, startOfDay } from "./hours.ts";

const REFRESH_MS = 300_000;
const HOURS = 24;

export class Today {
  private readonly columns = make("div", { class: "hours", role: "img" });
  private readonly scale = make("div", { class: "scale", "aria-hidden": "true" });
  private readonly notice = make("p", { class: "notice", role: "status" }, "Loading …");
  private requestedMs = Number.NEGATIVE_INFINITY;

  constructor(host: HTMLElement) {
    this.columns.hidden = true;
    this.scale.hidden = true;
    for (const hour of ["00", "06", "12", "18", "24"]) {
      this.scale.append(make("span", {}, hour));
    }
    host.append(this.columns, this.scale, this.notice);
  }

  /** Requests the hours again if the last request is old; `now` is in Unix seconds. */
  refresh(now: number): void {
    const time = performance.now();
    if (time - this.requestedMs >= REFRESH_MS) {
      this.requestedMs = time;
      void this.load(now);
    }
  }

  private async load(now: number): Promise<void> {
    const start = startOfDay(now);
    try {
      this.render(fillDay(await fetchHours(start, Math.ceil(now)), start, now));
    } catch (error) {
      if (!(error instanceof HistoryError)) {
        throw error;
      }
      // The columns of the last request stay: they are still true.
      this.notice.textContent = messageOf(error);
    }
  }

  private render(hours: readonly Hour[]): void {
    const most = Math.max(...hours.map(({ aircraft }) => aircraft));
    this.columns.hidden = most === 0;
    this.scale.hidden = most === 0;
    const summary = most === 0 ? "Nothing has been stored today." : describeHours(hours);
    this.notice.textContent = summary;
    this.columns.ariaLabel = summary;
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

/** Replaces the request to try again: the page itself does so. */
function messageOf({ message, isTemporary }: HistoryError): string {
  const [cause = message] = message.split("; try again");
  const sentence = `${cause.charAt(0).toUpperCase()}${cause.slice(1)}.`;
  return isTemporary ? `${sentence} The page tries again in five minutes.` : sentence;
}
