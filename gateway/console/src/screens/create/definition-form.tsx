import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState, type ReactNode } from 'react';
import { ask } from '../../api/client.js';
import { ActionTypes } from '../../api/generated/operations.js';
import type { Validation } from '../../editor/definition-editor.js';
import { ErrorNote, Reading } from '../../parts/notes.js';
import { StatusText } from '../../parts/status-mark.js';
import { useIsLive } from '../../state/console-state.js';
import classes from './create.module.css';

const DefinitionEditor = lazy(async () => ({
  default: (await import('../../editor/definition-editor.js')).DefinitionEditor,
}));

interface DefinitionFormProps {
  readonly initial: string;
  readonly verb: string;
  readonly busy: boolean;
  readonly error: string | undefined;
  readonly onSave: (text: string) => void;
  readonly children?: ReactNode;
}

/** A definition as text: checked while it is written, saved when it is good. */
export function DefinitionForm({ initial, verb, busy, error, onSave, children }: DefinitionFormProps) {
  const isLive = useIsLive();
  const [text, setText] = useState(initial);
  const [validation, setValidation] = useState<Validation>();
  const { data } = useQuery({
    queryKey: ['action-types'],
    queryFn: ({ signal }) => ask(ActionTypes, {}, signal),
    staleTime: Infinity,
  });
  return (
    <div className={`panel ${classes.editor}`}>
      <div className={classes.text}>
        <Suspense fallback={<Reading />}>
          <DefinitionEditor
            initial={initial}
            actionTypes={data?.actionTypes ?? []}
            onChange={setText}
            onValidated={setValidation}
          />
        </Suspense>
      </div>
      <div className={classes.verdict}>
        <Verdict validation={validation} />
        <ErrorNote>{error}</ErrorNote>
        <div className="row-flex">
          {children}
          <Button onClick={() => onSave(text)} loading={busy} disabled={!isLive || validation?.valid !== true}>
            {verb}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** What the platform says to it, as it would on saving. */
function Verdict({ validation }: { readonly validation: Validation | undefined }) {
  if (validation === undefined) return <span className="quiet">Not checked yet.</span>;
  const { valid, violations, notices } = validation;
  return (
    <div role="status" className={classes.findings}>
      {valid ? (
        <StatusText look="succeeded">This is a good definition.</StatusText>
      ) : (
        <StatusText look="failed">
          {violations.length === 1 ? 'One thing is wrong.' : `${violations.length} things are wrong.`}
        </StatusText>
      )}
      <ul>
        {[...violations, ...notices].map(({ path, message }, index) => (
          <li key={index}>
            {path === '' ? null : <span className="code">{path}: </span>}
            {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
