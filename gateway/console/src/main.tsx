import './global.css';
import '@mantine/core/styles.layer.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { SessionGate } from './session-gate.js';
import { cssVariables, styleNonce, theme } from './theme.js';

// Where react-remove-scroll, which Mantine's dialogs use, looks for it.
Object.assign(globalThis, { __webpack_nonce__: styleNonce() });

const queries = new QueryClient({
  defaultOptions: { queries: { retry: 1, staleTime: 5_000, refetchOnWindowFocus: true } },
});

const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        defaultColorScheme="auto"
        getStyleNonce={styleNonce}
      >
        <QueryClientProvider client={queries}>
          <SessionGate />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
