import { useMemo } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { ExecutionState } from '../../api/generated/operations.js';
import { Took } from '../../parts/age.js';
import { lookOf, wordOf } from '../../parts/look.js';
import { EmptyNote, Reading } from '../../parts/notes.js';
import { StatusText } from '../../parts/status-mark.js';
import { useMay } from '../../state/console-state.js';
import { useExecution } from '../../state/live.js';
import { Retry, Stop } from '../pipeline/stage-column.js';
import { ArtifactItem } from './artifact-item.js';
import { AttemptDetail } from './attempt-detail.js';
import { Changes } from './changes.js';
import { Why } from './why.js';
import { waterfall } from './waterfall.js';
import { WaterfallChart } from './waterfall-chart.js';
import classes from './execution.module.css';

/** One run of a pipeline: what it did when, what it waited for, and why. */
export function ExecutionScreen({ id }: { readonly id: string }) {
  const execution = useExecution(id);
  if (execution === undefined) return <Reading />;
  if (execution === null) return <EmptyNote title="There is no such execution" />;
  return <Shown execution={execution} />;
}

function Shown({ execution }: { readonly execution: ExecutionState }) {
  const [params] = useSearchParams();
  const rows = useMemo(() => waterfall(execution), [execution]);
  const chosen = params.get('attempt');
  const row = rows
    .flatMap(({ stage, actions }) => actions.map((each) => ({ ...each, stage })))
    .find(({ attempt }) => attempt?.id === chosen);
  return (
    <>
      <Head execution={execution} />
      <div className={classes.columns}>
        <div className={classes.main}>
          <WaterfallChart execution={execution} rows={rows} chosen={chosen} />
          {row?.attempt === undefined ? null : (
            <AttemptDetail
              key={row.attempt.id}
              execution={execution}
              stage={row.stage.name}
              action={row.action}
              attempt={row.attempt}
            />
          )}
        </div>
        <div className={classes.side}>
          <Why execution={execution} />
          <Changes execution={execution} />
          <Variables execution={execution} />
          <Artifacts execution={execution} />
        </div>
      </div>
    </>
  );
}

function Head({ execution }: { readonly execution: ExecutionState }) {
  const may = useMay();
  const failed = execution.stages.find(({ status }) => status === 'Failed' || status === 'Stopped');
  const isOver = execution.status === 'Failed' || execution.status === 'Stopped';
  return (
    <header className={classes.head}>
      <h1>
        <Link href={`/pipelines/${encodeURIComponent(execution.pipelineName)}`}>{execution.pipelineName}</Link>{' '}
        <span className="figures">#{execution.ordinal}</span>
      </h1>
      <StatusText look={lookOf(execution.status)}>{wordOf(execution.status)}</StatusText>
      <span className="quiet">
        <Took from={execution.startedAt} to={execution.finishedAt} />
      </span>
      <div className="row-flex spread">
        {isOver && failed !== undefined && may('retryStage') ? (
          <>
            <span className="quiet">{failed.name}:</span>
            <Retry pipeline={execution.pipelineName} stage={failed.name} executionId={execution.id} />
          </>
        ) : null}
        {execution.status === 'InProgress' && may('stopExecution') ? <Stop executionId={execution.id} /> : null}
      </div>
    </header>
  );
}

function Variables({ execution: { variables } }: { readonly execution: ExecutionState }) {
  if (variables.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="variables">
      <div className="panel-head">
        <h2 id="variables">Variables</h2>
      </div>
      <dl className="facts panel-body">
        {variables.map(({ name, value }) => (
          <div key={name} className={classes.pair}>
            <dt className="code">{name}</dt>
            <dd className="code">{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Artifacts({ execution }: { readonly execution: ExecutionState }) {
  const made = execution.stages.flatMap(({ actions }) =>
    actions.flatMap((action) =>
      (action.attempts.at(-1)?.outputArtifacts ?? []).map((artifact) => ({ ...artifact, action: action.name })),
    ),
  );
  if (made.length === 0) return null;
  return (
    <section className="panel" aria-labelledby="artifacts">
      <div className="panel-head">
        <h2 id="artifacts">Artifacts</h2>
      </div>
      <ul className={classes.list}>
        {made.map((artifact) => (
          <ArtifactItem key={`${artifact.action}/${artifact.name}`} artifact={artifact} by={artifact.action} />
        ))}
      </ul>
    </section>
  );
}
