import type { RunProgress } from "../../api/beckon";
import { instant } from "../../format/time";

/** A run by when it began. */
export function runText({ started, scheduled, ended }: RunProgress): string {
  return `${instant(started ?? scheduled)}${ended === undefined ? ", going on" : ""}`;
}
