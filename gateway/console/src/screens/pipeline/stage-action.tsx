import { Link } from 'wouter';
import type { PipelineState } from '../../api/generated/operations.js';
import { webAddress } from '../../api/text.js';
import { Age, Took } from '../../parts/age.js';
import { lookOf, wordOf, type Look } from '../../parts/look.js';
import { StatusMark } from '../../parts/status-mark.js';
import classes from './pipeline.module.css';

type ActionNow = PipelineState['stages'][number]['actions'][number];
type RunNow = NonNullable<ActionNow['latestExecution']>;

interface StageActionProps {
  readonly action: ActionNow;
  readonly executionId: string | undefined;
}

export function StageAction({ action, executionId }: StageActionProps) {
  const { name, latestExecution: run } = action;
  const { look, word } = actionLook(run);
  return (
    <li className={classes.action}>
      <StatusMark look={look} label={word} />
      <div className={classes.actionText}>
        <span className={classes.actionName}>
          {run === null || executionId === undefined ? (
            <span className="cut-off">{name}</span>
          ) : (
            <Link href={whereTo(action, executionId, run)} className="cut-off">
              {name}
            </Link>
          )}
          {run === null ? null : (
            <span className="quiet spread">
              {run.status === 'InProgress' ? (
                <Age since={run.statusSince} />
              ) : (
                <Took from={run.startedAt} to={run.finishedAt} />
              )}
            </span>
          )}
        </span>
        <Provider action={action} />
        <Outcome run={run} />
      </div>
    </li>
  );
}

/** Who does it, linked to what it acts on; and what is particular about this attempt. */
function Provider({ action: { actionTypeId, entityUrl, latestExecution: run } }: { readonly action: ActionNow }) {
  const entity = webAddress(entityUrl);
  const isQueued = run?.status === 'InProgress' && run.work === 'QUEUED';
  return (
    <span className="quiet cut-off">
      {entity === undefined ? (
        actionTypeId.provider
      ) : (
        <a href={entity} target="_blank" rel="noreferrer">
          {actionTypeId.provider}
        </a>
      )}
      {run !== null && run.attempt > 1 ? ` · attempt ${run.attempt}` : ''}
      {isQueued ? ' · waits for a runner' : ''}
    </span>
  );
}

/** To its output; an approval to where it is answered. */
function whereTo({ actionTypeId }: ActionNow, executionId: string, run: RunNow): string {
  if (actionTypeId.category !== 'Approval') return `/executions/${executionId}/log/${run.actionExecutionId}`;
  return run.token === null ? `/executions/${executionId}` : `/approvals?id=${run.actionExecutionId}`;
}

function actionLook(run: RunNow | null): { readonly look: Look; readonly word: string } {
  if (run === null) return { look: 'none', word: 'Not yet' };
  if (run.status !== 'InProgress') return { look: lookOf(run.status), word: wordOf(run.status) };
  if (run.token !== null) return { look: 'person', word: 'Waits for approval' };
  return run.work === 'QUEUED'
    ? { look: 'waiting', word: 'Waits for a runner' }
    : { look: 'progress', word: 'In progress' };
}

function Outcome({ run }: { readonly run: RunNow | null }) {
  if (run?.error) return <span className={`${classes.why} ${classes.twoLines}`}>{run.error.message}</span>;
  return run?.summary ? <span className={`quiet ${classes.twoLines}`}>{run.summary}</span> : null;
}
