/** Light or dark: the reader's last choice, else what the system prefers. */
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { useState } from "react";

const KEY = "beckon-theme";

export type Theme = "light" | "dark";

function initialTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  if (stored === "light" || stored === "dark") return stored;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function show(theme: Theme): void {
  applyMode(theme === "dark" ? Mode.Dark : Mode.Light);
  document.documentElement.style.colorScheme = theme;
}

/** Shows the remembered theme; called once, before anything is drawn. */
export function startTheme(): void {
  show(initialTheme());
}

export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(initialTheme);
  const toggle = () => {
    const next = theme === "dark" ? "light" : "dark";
    localStorage.setItem(KEY, next);
    show(next);
    setTheme(next);
  };
  return [theme, toggle];
}
