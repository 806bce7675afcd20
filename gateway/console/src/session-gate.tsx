import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { ApiError, ask, endSession, onSignedOut, UNREACHABLE } from './api/client.js';
import { Session } from './api/generated/operations.js';
import { errorText } from './api/text.js';
import { Screens } from './screens.js';
import { SignInScreen } from './screens/sign-in/sign-in.screen.js';
import { ConsoleStateProvider, type Viewer } from './state/console-state.js';

type State =
  | { readonly is: 'asking' }
  | { readonly is: 'in'; readonly viewer: Viewer }
  | { readonly is: 'out'; readonly expired: boolean }
  | { readonly is: 'unreachable'; readonly message: string };

/** How soon a platform that is away is asked again. */
const AGAIN_MS = 2_000;

/** Nothing of the console is there for whom the platform does not know; the address stays, so that one comes back to it. */
export function SessionGate() {
  const { state, ask: again, signOut } = useSession();
  const [address, navigate] = useLocation();
  const isLink = address === '/sign-in';
  switch (state.is) {
    case 'asking':
      return null;
    case 'unreachable':
      return <Unreachable message={state.message} onRetry={again} />;
    case 'out':
      return (
        <SignInScreen
          expired={state.expired}
          onSignedIn={() => {
            if (isLink) navigate('/', { replace: true });
            again();
          }}
        />
      );
    case 'in':
      // Who is signed in and opens another link signs in anew.
      if (isLink && location.hash.length > 1)
        return <SignInScreen expired={false} onSignedIn={() => (navigate('/', { replace: true }), again())} />;
      return (
        <ConsoleStateProvider key={state.viewer.actor.id} viewer={state.viewer} signOut={signOut}>
          <Screens />
        </ConsoleStateProvider>
      );
  }
}

function useSession() {
  const queries = useQueryClient();
  const [state, setState] = useState<State>({ is: 'asking' });
  const again = useCallback(() => {
    ask(Session, {}).then(
      ({ viewer }) => setState({ is: 'in', viewer }),
      (error: unknown) => setState(toState(error)),
    );
  }, []);
  useEffect(again, [again]);
  useEffect(
    () =>
      onSignedOut(() => {
        queries.clear();
        setState((before) => ({ is: 'out', expired: before.is === 'in' || (before.is === 'out' && before.expired) }));
      }),
    [queries],
  );
  const signOut = useCallback(async () => {
    await endSession();
    queries.clear();
    setState({ is: 'out', expired: false });
  }, [queries]);
  return { state, ask: again, signOut };
}

function toState(error: unknown): State {
  const code = error instanceof ApiError ? error.code : undefined;
  if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') return { is: 'out', expired: false };
  return { is: 'unreachable', message: code === UNREACHABLE ? 'The platform can’t be reached.' : errorText(error) };
}

function Unreachable({ message, onRetry }: { readonly message: string; readonly onRetry: () => void }) {
  useEffect(() => {
    const timer = setInterval(onRetry, AGAIN_MS);
    return () => clearInterval(timer);
  }, [onRetry]);
  return (
    <main className="panel-body" role="alert">
      <h1>Millrace</h1>
      <p>{message} Trying again.</p>
    </main>
  );
}
