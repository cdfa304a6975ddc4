/** How many of a segment's endpoints a channel reaches. */
import type { Channel, Transport } from "./content";

const push = ["GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "BAIDU", "PUSH"];

/** `undefined` where no number says it: any app shows an in-app message. */
export function reachable(channel: Channel, transport: Transport, targetable: Record<string, number>): number | undefined {
  const sum = (types: string[]) => types.reduce((all, type) => all + (targetable[type] ?? 0), 0);
  switch (channel) {
    case "EMAIL":
    case "SMS":
      return sum([channel]);
    case "PUSH":
      return sum(push);
    case "CUSTOM":
      return sum(transport.endpointTypes);
    case "IN_APP":
      return undefined;
  }
}
