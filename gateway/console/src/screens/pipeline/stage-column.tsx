import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { PipelineState } from '../../api/generated/operations.js';
import { RetryStage } from '../../api/generated/operations.js';
import { Age, Until } from '../../parts/age.js';
import { ExecutionLink } from '../../parts/execution-link.js';
import { stageLook } from '../../parts/look.js';
import { ErrorNote } from '../../parts/notes.js';
import { RevisionText } from '../../parts/revision.js';
import { StatusText } from '../../parts/status-mark.js';
import { useChange } from '../../state/change.js';
import { useIsLive, useMay } from '../../state/console-state.js';
import { StageAction } from './stage-action.js';
import { StopDialog } from './stop-dialog.js';
import classes from './pipeline.module.css';

export type StageNow = PipelineState['stages'][number];

export function StageColumn({ pipeline, stage }: { readonly pipeline: string; readonly stage: StageNow }) {
  const { look, word, since, until } = stageLook(stage);
  const groups = Map.groupBy(stage.actions, ({ runOrder }) => runOrder);
  return (
    <section className={`panel ${classes.stage}`} aria-label={`Stage ${stage.name}`} data-look={look}>
      <div className={classes.stageHead}>
        <h2 className="cut-off" title={stage.name}>
          {stage.name}
        </h2>
        <span className="row-flex">
          <StatusText look={look}>{word}</StatusText>
          {since === undefined ? null : (
            <span className="quiet">
              <Age since={since} />
              {until === undefined ? null : (
                <>
                  , expires <Until at={until} />
                </>
              )}
            </span>
          )}
        </span>
        <Inside stage={stage} />
        <StageButtons pipeline={pipeline} stage={stage} />
      </div>
      {[...groups].map(([order, actions]) => (
        <ul
          key={order}
          className={classes.group}
          data-parallel={actions.length > 1}
          aria-label={actions.length > 1 ? 'Side by side' : undefined}
        >
          {actions.map((action) => (
            <StageAction key={action.name} action={action} executionId={stage.latestExecution?.executionId} />
          ))}
        </ul>
      ))}
    </section>
  );
}

/** The execution that is inside, or was the last: which, and what it carries. */
function Inside({ stage: { latestExecution: run } }: { readonly stage: StageNow }) {
  if (run === null) return <p className={classes.inside}>Nothing was here yet.</p>;
  return (
    <div className={classes.inside}>
      <ExecutionLink id={run.executionId} ordinal={run.ordinal} />
      {run.retries > 0 ? <span className="quiet"> retried {run.retries}×</span> : null}
      {run.execution?.sourceRevisions.map(({ actionName, revision }) => (
        <div key={actionName} className={classes.twoLines}>
          <RevisionText revision={revision} />
        </div>
      ))}
    </div>
  );
}

function StageButtons({ pipeline, stage }: { readonly pipeline: string; readonly stage: StageNow }) {
  const may = useMay();
  const run = stage.latestExecution;
  if (run === null) return null;
  const isOver = run.status === 'Failed' || run.status === 'Stopped';
  const isRunning = run.status === 'InProgress';
  if (isOver && may('retryStage'))
    return <Retry pipeline={pipeline} stage={stage.name} executionId={run.executionId} />;
  if (isRunning && may('stopExecution')) return <Stop executionId={run.executionId} />;
  return null;
}

interface RetryProps {
  readonly pipeline: string;
  readonly stage: string;
  readonly executionId: string;
}

export function Retry({ pipeline, stage, executionId }: RetryProps) {
  const isLive = useIsLive();
  const { run, busy, error } = useChange(RetryStage);
  const retry = (mode: 'FAILED_ACTIONS' | 'ALL_ACTIONS') => () => void run({ pipeline, stage, executionId, mode });
  return (
    <>
      <div className="row-flex">
        <Button size="compact-sm" onClick={retry('FAILED_ACTIONS')} loading={busy} disabled={!isLive}>
          Retry
        </Button>
        <Button size="compact-sm" variant="default" onClick={retry('ALL_ACTIONS')} disabled={!isLive || busy}>
          Retry all actions
        </Button>
      </div>
      <ErrorNote>{error}</ErrorNote>
    </>
  );
}

export function Stop({ executionId }: { readonly executionId: string }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const isLive = useIsLive();
  return (
    <div>
      <Button size="compact-sm" variant="default" onClick={open} disabled={!isLive}>
        Stop…
      </Button>
      <StopDialog executionId={executionId} opened={isOpen} onClose={close} />
    </div>
  );
}
