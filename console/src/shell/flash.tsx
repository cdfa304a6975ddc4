/** Messages above the page: what was done, and what went wrong with the request's id. */
import Flashbar from "@cloudscape-design/components/flashbar";
import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, useCallback, useContext, useMemo, useState } from "react";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";

interface Flash {
  success: (content: ReactNode) => void;
  info: (content: ReactNode) => void;
  error: (header: string, error: unknown) => void;
}

interface FlashItem {
  id: string;
  type: FlashbarProps.Type;
  header?: string;
  content: ReactNode;
}

/** Messages shown at once; older ones give way. */
const SHOWN_MAX = 5;

/** Successes leave by themselves after this time. */
const SUCCESS_SHOWN_MS = 8000;

const FlashContext = createContext<Flash | undefined>(undefined);
const ItemsContext = createContext<{ items: FlashItem[]; dismiss: (id: string) => void } | undefined>(undefined);

/** An error as a sentence with the id under which the server logged it. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError) {
    return error.requestId === undefined ? error.message : `${error.message} (request ${error.requestId})`;
  }
  return error instanceof Error ? error.message : String(error);
}

let lastId = 0;

export function FlashProvider({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<FlashItem[]>([]);
  const dismiss = useCallback((id: string) => setItems((all) => all.filter((item) => item.id !== id)), []);
  const flash = useMemo<Flash>(() => {
    const add = (item: Omit<FlashItem, "id">) => {
      lastId += 1;
      const id = `flash-${lastId}`;
      setItems((all) => [{ ...item, id }, ...all].slice(0, SHOWN_MAX));
      if (item.type === "success") window.setTimeout(() => dismiss(id), SUCCESS_SHOWN_MS);
    };
    return {
      success: (content) => add({ type: "success", content }),
      info: (content) => add({ type: "info", content }),
      error: (header, error) => add({ type: "error", header, content: errorText(error) }),
    };
  }, [dismiss]);
  const shown = useMemo(() => ({ items, dismiss }), [items, dismiss]);
  return (
    <FlashContext.Provider value={flash}>
      <ItemsContext.Provider value={shown}>{children}</ItemsContext.Provider>
    </FlashContext.Provider>
  );
}

export function useFlash(): Flash {
  const flash = useContext(FlashContext);
  if (flash === undefined) throw new Error("useFlash outside FlashProvider");
  return flash;
}

export function FlashMessages() {
  const shown = useContext(ItemsContext);
  return (
    <Flashbar
      items={(shown?.items ?? []).map((item) => ({
        ...item,
        dismissible: true,
        dismissLabel: "Dismiss message",
        onDismiss: () => shown?.dismiss(item.id),
      }))}
    />
  );
}
