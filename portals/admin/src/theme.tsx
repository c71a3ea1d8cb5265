//! The tokens: Fluent's light and dark themes, chosen by the system or by the user. The only thing that this portal
//! stores beyond the tab.
import { FluentProvider, makeStaticStyles, webDarkTheme, webLightTheme } from "@fluentui/react-components";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";

export type ThemeChoice = "system" | "light" | "dark";

const KEY = "tollgate.theme";
const CHOICES: ThemeChoice[] = ["system", "light", "dark"];

const useStaticStyles = makeStaticStyles({
  "html, body, #root": { margin: 0, height: "100%" },
  // Spacing between things is the layout's.
  "h1, h2, h3, p": { margin: 0 },
  // Fluent's provider paints itself and leaves the page behind it white.
  "#root > .fui-FluentProvider": { minHeight: "100%" },
});

interface ThemeState {
  choice: ThemeChoice;
  dark: boolean;
  choose: (choice: ThemeChoice) => void;
}

const ThemeContext = createContext<ThemeState>({ choice: "system", dark: false, choose: () => {} });

export const useTheme = () => useContext(ThemeContext);

export function Theme({ children }: { children: ReactNode }) {
  useStaticStyles();
  const [choice, setChoice] = useState(storedChoice);
  const systemDark = useMedia("(prefers-color-scheme: dark)");
  const dark = choice === "dark" || (choice === "system" && systemDark);
  const state = useMemo(
    () => ({
      choice,
      dark,
      choose: (next: ThemeChoice) => {
        localStorage.setItem(KEY, next);
        setChoice(next);
      },
    }),
    [choice, dark],
  );
  return (
    <ThemeContext value={state}>
      <FluentProvider theme={dark ? webDarkTheme : webLightTheme}>{children}</FluentProvider>
    </ThemeContext>
  );
}

function storedChoice(): ThemeChoice {
  const stored = localStorage.getItem(KEY);
  return CHOICES.find((choice) => choice === stored) ?? "system";
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const media = window.matchMedia(query);
    const listen = () => setMatches(media.matches);
    media.addEventListener("change", listen);
    return () => media.removeEventListener("change", listen);
  }, [query]);
  return matches;
}
