import { createTheme, defaultVariantColorsResolver, Modal, type CSSVariablesResolver } from '@mantine/core';

/** The one accent: what can be acted on. The seventh is the light page's, the third the dark one's. */
const ACCENT = [
  '#eef2fd',
  '#d6e0fb',
  '#b5c7fd',
  '#8fabff',
  '#6f90f7',
  '#5678ec',
  '#3f63de',
  '#2a4fd0',
  '#2343b4',
  '#1b3592',
] as const;

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 3 },
  colors: { accent: ACCENT },
  // Mantine's own choice is one for both themes; ours is the theme's.
  variantColorResolver: (input) => {
    const colours = defaultVariantColorsResolver(input);
    if (input.variant === 'filled') return { ...colours, color: 'var(--on-accent)' };
    const isAccent = input.color === undefined || input.color === 'accent';
    return input.variant === 'subtle' && isAccent ? { ...colours, color: 'var(--accent)' } : colours;
  },
  fontFamily: 'var(--font-text)',
  fontFamilyMonospace: 'var(--font-code)',
  defaultRadius: 4,
  components: {
    Modal: Modal.extend({
      // A dialog's head is no banner of the page.
      defaultProps: { attributes: { header: { role: 'presentation' } }, closeButtonProps: { 'aria-label': 'Close' } },
    }),
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
});

const shared = {
  '--mantine-color-body': 'var(--surface)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-quiet)',
  '--mantine-color-placeholder': 'var(--text-quiet)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-default-hover': 'var(--surface-raised)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-error': 'var(--status-failed)',
};

/** Mantine's parts take the page's own tokens (global.css). */
export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared });

/** What the gateway lets style elements of this page carry. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}
