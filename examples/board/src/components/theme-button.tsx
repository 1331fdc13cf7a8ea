import { useEffect, useState } from 'react';

const KEY = 'theme';

/** Switches between the system's theme, light and dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(localStorage.getItem(KEY) ?? 'system');
  useEffect(() => {
    localStorage.setItem(KEY, theme);
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  const next = { system: 'light', light: 'dark', dark: 'system' }[theme] ?? 'system';
  return (
    <button type="button" className="quiet" onClick={() => setTheme(next)}>
      Theme: {theme}
    </button>
  );
}
