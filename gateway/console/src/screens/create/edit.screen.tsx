import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { ask } from '../../api/client.js';
import { PipelineDefinition, UpdatePipeline } from '../../api/generated/operations.js';
import { EmptyNote, Reading } from '../../parts/notes.js';
import { useChange } from '../../state/change.js';
import { useMay } from '../../state/console-state.js';
import { DefinitionForm } from './definition-form.js';
import classes from './create.module.css';

/** A new version of a definition. Somebody else's meanwhile is not overwritten. */
export function EditScreen({ name }: { readonly name: string }) {
  const may = useMay();
  const [, navigate] = useLocation();
  const { run, busy, error } = useChange(UpdatePipeline);
  // As it was when the editing began.
  const { data } = useQuery({
    queryKey: ['edit', name],
    queryFn: ({ signal }) => ask(PipelineDefinition, { name }, signal),
    staleTime: Infinity,
    gcTime: 0,
  });
  if (!may('updatePipeline')) return <EmptyNote title="Your role may look at definitions, not change them" />;
  if (data === undefined) return <Reading />;
  const pipeline = data.pipeline;
  if (pipeline === null) return <EmptyNote title={`There is no pipeline ${name}`} />;
  const path = `/pipelines/${encodeURIComponent(name)}`;
  const save = async (text: string): Promise<void> => {
    if ((await run({ text, expectedVersion: pipeline.version })) !== undefined) navigate(path);
  };
  return (
    <>
      <header className={classes.head}>
        <h1>
          <Link href={path}>{name}</Link>: edit version {pipeline.version}
        </h1>
        <span className="quiet">What runs with an older version is cancelled when its running actions have ended.</span>
      </header>
      <DefinitionForm
        initial={`${JSON.stringify(pipeline.definition, undefined, 2)}\n`}
        verb="Save as the new version"
        busy={busy}
        error={error}
        onSave={(text) => void save(text)}
      />
    </>
  );
}
