import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { ask } from '../../api/client.js';
import {
  PipelineDefinition,
  StartExecution,
  type ExecutionLine,
  type PipelineState,
} from '../../api/generated/operations.js';
import { Dialog } from '../../parts/dialog.js';
import { useChange } from '../../state/change.js';

interface ReleaseDialogProps {
  readonly pipeline: PipelineState;
  /** An earlier execution whose revisions are taken again. */
  readonly again?: ExecutionLine;
  readonly onClose: () => void;
}

interface DeclaredVariable {
  readonly name: string;
  readonly defaultValue?: string;
  readonly description?: string;
}

/** Starts an execution: with the latest revisions, or chosen ones, and with values for the pipeline's variables. */
export function ReleaseDialog({ pipeline, again, onClose }: ReleaseDialogProps) {
  const [, navigate] = useLocation();
  const declared = useDeclaredVariables(pipeline);
  const sources = pipeline.sources.map(({ actionName }) => actionName);
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [revisions, setRevisions] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(
      again?.sourceRevisions.map(({ actionName, revision }) => [actionName, revision.revisionId]) ?? [],
    ),
  );
  const { run, busy, error } = useChange(StartExecution);
  const submit = async (): Promise<void> => {
    const started = await run({ pipeline: pipeline.name, ...inputOf(values, revisions) });
    if (started !== undefined) navigate(`/executions/${started.executionId}`);
  };
  return (
    <Dialog
      title={again === undefined ? 'Release change' : `Release #${again.ordinal} again`}
      verb="Release"
      opened
      onClose={onClose}
      busy={busy}
      error={error}
      disabled={declared === undefined}
      onSubmit={() => void submit()}
    >
      {declared?.map(({ name, defaultValue, description }) => (
        <TextInput
          key={name}
          label={name}
          description={description}
          placeholder={defaultValue}
          required={defaultValue === undefined}
          maxLength={1_000}
          value={values[name] ?? ''}
          onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
        />
      ))}
      {sources.map((source) => (
        <TextInput
          key={source}
          label={`Commit of ${source}`}
          description="Empty: the latest one."
          className="code"
          value={revisions[source] ?? ''}
          onChange={(event) => setRevisions({ ...revisions, [source]: event.currentTarget.value })}
        />
      ))}
    </Dialog>
  );
}

type Texts = Readonly<Record<string, string>>;

function inputOf(values: Texts, revisions: Texts) {
  const given = (texts: Texts) => Object.entries(texts).filter(([, text]) => text.trim() !== '');
  return {
    variables: given(values).map(([name, value]) => ({ name, value })),
    sourceRevisions: given(revisions).map(([actionName, text]) => ({ actionName, revisionValue: text.trim() })),
  };
}

function useDeclaredVariables({ name, version }: PipelineState): readonly DeclaredVariable[] | undefined {
  const { data } = useQuery({
    queryKey: ['definition', name, version],
    queryFn: ({ signal }) => ask(PipelineDefinition, { name }, signal),
  });
  if (data === undefined) return undefined;
  const definition = data.pipeline?.definition as { readonly variables?: readonly DeclaredVariable[] } | undefined;
  return definition?.variables ?? [];
}
