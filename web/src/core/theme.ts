/** The two themes, and which of them the user's choice means. */

export type ThemeName = "dark" | "light";
/** The user's choice; "system" follows the operating system. */
export type ThemeChoice = ThemeName | "system";

export function isThemeName(text: unknown): text is ThemeName {
  return text === "dark" || text === "light";
}

export function isThemeChoice(text: unknown): text is ThemeChoice {
  return text === "system" || isThemeName(text);
}

/** Returns the theme that a choice means, with the operating system dark or light. */
export function themeOf(choice: ThemeChoice, isSystemDark: boolean): ThemeName {
  if (choice !== "system") {
    return choice;
  }
  return isSystemDark ? "dark" : "light";
}

/** Returns the theme that the page shows. */
export function currentTheme(): ThemeName {
  return document.documentElement.dataset.theme === "light" ? "light" : "dark";
}

const SYSTEM_IS_DARK = "(prefers-color-scheme: dark)";

/** Whether the operating system is dark. */
export function isSystemDark(): boolean {
  return matchMedia(SYSTEM_IS_DARK).matches;
}

/** Reports whether the operating system is dark, at once and whenever that changes. */
export function watchSystemTheme(listener: (isDark: boolean) => void): void {
  const query = matchMedia(SYSTEM_IS_DARK);
  query.addEventListener("change", () => listener(query.matches));
  listener(query.matches);
}
