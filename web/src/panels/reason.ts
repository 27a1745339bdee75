/** One line with the server's reason why the data are late, or why they may be wrong. */

import { element, say } from "../core/elements.ts";
import { Readiness, reasonToShow } from "../stream/readiness.ts";

export class ReasonLine {
  private readonly readiness: Readiness;

  /** @param onTime Takes the server's time, Unix seconds. */
  constructor(onTime: (time: number) => void) {
    this.readiness = new Readiness(onTime);
  }

  /** Shows what is known by now; call it once a second. In the past nothing is late. */
  refresh(isLive: boolean, isLate: boolean): void {
    const areLate = isLive && isLate;
    this.readiness.refresh(areLate);
    const reason = isLive ? reasonToShow(this.readiness.reasons, areLate) : "";
    say("reason", reason);
    element("reason").hidden = reason === "";
  }
}
