import { readSetting, writeSetting } from '../app/settings';

export type Theme = 'system' | 'light' | 'dark';
export type Contrast = 'system' | 'more';

let theme = $state<Theme>('system');
let contrast = $state<Contrast>('system');

export function currentTheme(): Theme {
  return theme;
}

export function currentContrast(): Contrast {
  return contrast;
}

/** Applies the stored choices and follows the device from then on. */
export function startTheme(): void {
  const storedTheme = readSetting('theme');
  theme = storedTheme === 'light' || storedTheme === 'dark' ? storedTheme : 'system';
  contrast = readSetting('contrast') === 'more' ? 'more' : 'system';
  matchMedia('(prefers-contrast: more)').addEventListener('change', apply);
  apply();
}

export function setTheme(next: Theme): void {
  theme = next;
  writeSetting('theme', next);
  apply();
}

export function setContrast(next: Contrast): void {
  contrast = next;
  writeSetting('contrast', next);
  apply();
}

function apply(): void {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset['theme'];
  else root.dataset['theme'] = theme;
  if (contrast === 'more' || matchMedia('(prefers-contrast: more)').matches) {
    root.dataset['contrast'] = 'more';
  } else {
    delete root.dataset['contrast'];
  }
}
