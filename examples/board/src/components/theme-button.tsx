import { useEffect, useState } from 'react';

const KEY = 'theme';

const THEMES = ['system', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

function readTheme(): Theme {
  return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
}

const show = (theme: Theme) => {
  document.documentElement.dataset['theme'] = theme;
};

// Sets the theme before the first screen is shown, so that the colors do not flash.
show(readTheme());

/** SVG paths that fill the icon's circle: half of it, nothing, or all of it. */
const SIGNS: Record<Theme, string> = {
  system: 'M8 2a6 6 0 0 1 0 12z',
  light: '',
  dark: 'M8 2a6 6 0 0 1 0 12a6 6 0 0 1 0-12z',
};

/** A button that switches between the system's theme, light and dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    localStorage.setItem(KEY, theme);
    show(theme);
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
  return (
    <button
      type="button"
      className="quiet"
      aria-label={`Theme: ${theme}`}
      title={`Theme: ${theme}`}
      onClick={() => setTheme(next)}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6" />
        <path d={SIGNS[theme]} />
      </svg>
    </button>
  );
}
