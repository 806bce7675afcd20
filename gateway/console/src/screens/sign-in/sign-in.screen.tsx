import { Button, Code, PasswordInput } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { signIn } from '../../api/client.js';
import { errorText } from '../../api/text.js';
import { ErrorNote } from '../../parts/notes.js';
import classes from './sign-in.module.css';

/** The code of the address, which is taken out of it: it is good once, and nobody's to read in the history. */
function takeCode(): string | undefined {
  if (location.pathname !== '/sign-in' || location.hash.length < 2) return undefined;
  const code = location.hash.slice(1);
  history.replaceState(history.state, '', '/sign-in');
  return code;
}

export function SignInScreen({ expired, onSignedIn }: { readonly expired: boolean; readonly onSignedIn: () => void }) {
  const { busy, error, show } = useSignIn(onSignedIn);
  const [token, setToken] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void show({ token: token.trim() });
  };
  return (
    <main className={classes.page}>
      <form className={`panel ${classes.form}`} onSubmit={submit}>
        <h1>{expired ? 'Your session has ended' : 'Sign in to Millrace'}</h1>
        <p className="quiet">
          {expired ? 'Sign in again to go on where you were.' : 'Open the link that '}
          {expired ? null : (
            <>
              <Code>npm start</Code> has printed, or show a token.
            </>
          )}
        </p>
        <PasswordInput
          label="Token"
          description="The administrator’s is in the data directory, in the file admin-token."
          placeholder="mrt_…"
          autoComplete="current-password"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the token' }}
          required
          withAsterisk={false}
        />
        <ErrorNote>{error}</ErrorNote>
        <Button type="submit" loading={busy}>
          Sign in
        </Button>
      </form>
    </main>
  );
}

function useSignIn(onSignedIn: () => void) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const show = async (shown: { readonly code: string } | { readonly token: string }): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await signIn(shown);
      onSignedIn();
    } catch (caught) {
      setError(errorText(caught));
      setBusy(false);
    }
  };
  const tried = useRef(false);
  useEffect(() => {
    const code = tried.current ? undefined : takeCode();
    tried.current = true;
    if (code !== undefined) void show({ code });
  });
  return { busy, error, show };
}
