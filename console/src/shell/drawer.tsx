/** Lets a screen open a panel at the side; it closes when the reader goes elsewhere. */
import { createContext, useContext } from "react";
import type { ReactNode } from "react";

export interface SidePanel {
  title: string;
  content: ReactNode;
}

type Show = (panel: SidePanel) => void;

export const DrawerContext = createContext<Show | undefined>(undefined);

export function useDrawer(): Show {
  const show = useContext(DrawerContext);
  if (show === undefined) throw new Error("useDrawer outside Shell");
  return show;
}
