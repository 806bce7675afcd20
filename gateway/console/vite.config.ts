import react from '@vitejs/plugin-react';
import type { InlineConfig } from 'vite';

/** Files of the console, for the gateway (gateway/src/http/console.routes.ts) to serve. */
export const config: InlineConfig = {
  root: import.meta.dirname,
  configFile: false,
  logLevel: 'warn',
  plugins: [react()],
  // The gateway draws a nonce for each page and puts it here.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: 'dist/web',
    emptyOutDir: true,
    target: 'es2022',
    // The policy allows no data: URLs.
    assetsInlineLimit: 0,
    // Browsers that know modules know how to preload them; and the policy allows no script in the page.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
};
