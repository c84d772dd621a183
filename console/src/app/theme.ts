import { Alert, createTheme, Notification, type CSSVariablesResolver } from '@mantine/core';

// Shades with at least 4.5:1 against what they stand on, in both schemes (WCAG 2.2, 1.4.3).
const FILLED_SHADE_LIGHT = 8;
const FILLED_SHADE_DARK = 9;

export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: FILLED_SHADE_LIGHT, dark: FILLED_SHADE_DARK },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  autoContrast: true,
  respectReducedMotion: true,
  components: {
    // By default in a shade of their own colour, which is too pale for small letters.
    Alert: Alert.extend({ styles: { label: { color: 'var(--mantine-color-text)' } } }),
    Notification: Notification.extend({
      styles: { description: { color: 'var(--mantine-color-text)' } },
    }),
  },
});

/** Dimmed and error text is too pale for small letters by default. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    '--mantine-color-anchor': 'var(--mantine-color-blue-9)',
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-0)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
    '--mantine-color-anchor': 'var(--mantine-color-blue-3)',
  },
});
