/** Follows the server's notices of change and lets the queries they concern load again. */
import { useEffect } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { address } from "./client";

type Kind = "events" | "inbox" | "campaign";

const touched: Record<Kind, string[]> = {
  events: ["analytics", "overview", "campaign-analytics"],
  inbox: ["inbox"],
  campaign: ["campaigns", "campaign", "progress", "overview"],
};

/** Reloads at most this often, however many notices arrive. */
const RELOAD_EVERY_MS = 1000;

/** Keeps the queries of `app` fresh while the calling screen is shown. */
export function useLive(app: string): void {
  const client = useQueryClient();
  useEffect(() => {
    const waiting = new Set<Kind>();
    let timer: number | undefined;
    const reload = () => {
      timer = undefined;
      for (const kind of waiting) {
        for (const key of touched[kind]) void client.invalidateQueries({ queryKey: [key, app] });
      }
      waiting.clear();
    };
    const source = new EventSource(address("/beckon/v1/live", { app }));
    source.onmessage = (message: MessageEvent<string>) => {
      try {
        const { kind } = JSON.parse(message.data) as { kind: Kind };
        if (!(kind in touched)) return;
        waiting.add(kind);
        timer ??= window.setTimeout(reload, RELOAD_EVERY_MS);
      } catch {
        // A notice that cannot be read only means that the next poll shows the change.
      }
    };
    return () => {
      source.close();
      window.clearTimeout(timer);
    };
  }, [app, client]);
}
