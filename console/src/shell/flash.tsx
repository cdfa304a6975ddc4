/** Messages above the page: what was done, and what went wrong with the request's id. */
import Flashbar from "@cloudscape-design/components/flashbar";
import type { FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import type { ReactNode } from "react";
import { ApiError } from "../api/client";

interface Flash {
  /** A success is shown on this page; with `onward` also on the one that is gone to next. */
  success: (content: ReactNode, options?: { onward: boolean }) => void;
  info: (content: ReactNode) => void;
  error: (header: string, error: unknown) => void;
}

interface FlashItem {
  id: string;
  type: FlashbarProps.Type;
  header?: string;
  content: ReactNode;
  /** Whether it comes along to the next page. */
  onward: boolean;
}

/** Messages shown at once; older ones give way. */
const SHOWN_MAX = 5;

/** Successes leave by themselves after this time. */
const SUCCESS_SHOWN_MS = 8000;

const FlashContext = createContext<Flash | undefined>(undefined);
const ItemsContext = createContext<{ items: FlashItem[]; dismiss: (id: string) => void; leave: () => void } | undefined>(undefined);

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
  const leave = useCallback(
    () => setItems((all) => (all.length === 0 ? all : all.filter(({ onward }) => onward).map((item) => ({ ...item, onward: false })))),
    [],
  );
  const flash = useMemo<Flash>(() => {
    const add = (item: Omit<FlashItem, "id">) => {
      lastId += 1;
      const id = `flash-${lastId}`;
      setItems((all) => [{ ...item, id }, ...all].slice(0, SHOWN_MAX));
      if (item.type === "success") window.setTimeout(() => dismiss(id), SUCCESS_SHOWN_MS);
    };
    return {
      success: (content, { onward } = { onward: false }) => add({ type: "success", content, onward }),
      info: (content) => add({ type: "info", content, onward: false }),
      error: (header, error) => add({ type: "error", header, content: errorText(error), onward: false }),
    };
  }, [dismiss]);
  const shown = useMemo(() => ({ items, dismiss, leave }), [items, dismiss, leave]);
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

/** The messages of the page at `path`. */
export function FlashMessages({ path }: { path: string }) {
  const shown = useContext(ItemsContext);
  const leave = shown?.leave;
  const last = useRef(path);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    leave?.();
  }, [path, leave]);
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
