/** Lets a screen say where it stands below its project. */
import { createContext, useContext, useEffect, useState } from "react";

export interface Crumb {
  text: string;
  href: string;
}

export const BreadcrumbsContext = createContext<((crumbs: Crumb[]) => void) | undefined>(undefined);

export function useBreadcrumbState(): { crumbs: Crumb[]; set: (crumbs: Crumb[]) => void } {
  const [crumbs, set] = useState<Crumb[]>([]);
  return { crumbs, set };
}

/** Shows `crumbs` after the project's, and the last one as the title of the window. */
export function useBreadcrumbs(...crumbs: Crumb[]): void {
  const set = useContext(BreadcrumbsContext);
  const key = JSON.stringify(crumbs);
  useEffect(() => {
    const list = JSON.parse(key) as Crumb[];
    set?.(list);
    document.title = list.length === 0 ? "Beckon" : `${list[list.length - 1]?.text ?? ""} · Beckon`;
  }, [key, set]);
}
