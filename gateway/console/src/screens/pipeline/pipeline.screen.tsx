import { useMemo } from 'react';
import { EmptyNote, Reading } from '../../parts/notes.js';
import { pipelineLook } from '../../parts/look.js';
import { StatusText } from '../../parts/status-mark.js';
import { Age } from '../../parts/age.js';
import { usePipeline } from '../../state/live.js';
import type { PipelineState } from '../../api/generated/operations.js';
import { PipelineActions } from './pipeline-actions.js';
import classes from './pipeline.module.css';
import { RecentExecutions } from './recent-executions.js';
import { Sources } from './sources.js';
import { StageColumn } from './stage-column.js';
import { Transition } from './transition.js';

/** A pipeline now: its stages from left to right, what waits before them and what is inside. */
export function PipelineScreen({ name }: { readonly name: string }) {
  const pipeline = usePipeline(name);
  if (pipeline === undefined) return <Reading />;
  if (pipeline === null)
    return (
      <EmptyNote title={`There is no pipeline ${name}`}>
        <p>It was deleted, or never was. Its history stays readable under History.</p>
      </EmptyNote>
    );
  return (
    <>
      <Head pipeline={pipeline} />
      <Sources pipeline={pipeline} />
      <div className={classes.stages} tabIndex={0} role="region" aria-label="Stages">
        {pipeline.stages.map((stage, index) => (
          <div key={stage.name} className={classes.step}>
            {index === 0 ? null : <Transition pipeline={pipeline.name} stage={stage} />}
            <StageColumn pipeline={pipeline.name} stage={stage} />
          </div>
        ))}
      </div>
      <RecentExecutions pipeline={pipeline} />
    </>
  );
}

function Head({ pipeline }: { readonly pipeline: PipelineState }) {
  const look = useMemo(() => pipelineLook(pipeline), [pipeline]);
  return (
    <header className={classes.head}>
      <h1>{pipeline.name}</h1>
      <span className="row-flex">
        <StatusText look={look.look}>{look.word}</StatusText>
        {look.since === undefined ? null : (
          <span className="quiet">
            <Age since={look.since} />
          </span>
        )}
      </span>
      <PipelineActions pipeline={pipeline} />
    </header>
  );
}
