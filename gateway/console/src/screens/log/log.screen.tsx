import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'wouter';
import { ask } from '../../api/client.js';
import { LogPart, type ExecutionState } from '../../api/generated/operations.js';
import { Took } from '../../parts/age.js';
import { bytesText } from '../../parts/duration.js';
import { lookOf, wordOf } from '../../parts/look.js';
import { EmptyNote, ErrorNote, Reading } from '../../parts/notes.js';
import { StatusText } from '../../parts/status-mark.js';
import { useExecution } from '../../state/live.js';
import { attemptIn, type ActionOf, type AttemptOf, type Found } from './attempt-of.js';
import { LogView } from './log-view.js';
import { LogWindow } from './log-window.js';
import classes from './log.module.css';

/** The output of one attempt of an action. */
export function LogScreen({ executionId, attemptId }: { readonly executionId: string; readonly attemptId: string }) {
  const execution = useExecution(executionId);
  const [params] = useSearchParams();
  const log = useMemo(
    () =>
      new LogWindow(async (offset, limit) => {
        return (await ask(LogPart, { executionId, actionExecutionId: attemptId, offset, limit })).log;
      }),
    [executionId, attemptId],
  );
  if (execution === undefined) return <Reading />;
  const found = execution === null ? undefined : attemptIn(execution, attemptId);
  if (execution === null || found === undefined) return <EmptyNote title="There is no such attempt of an action" />;
  const at = Number(params.get('at') ?? Number.NaN);
  return (
    <div className={classes.screen}>
      <Head execution={execution} found={found} />
      <ErrorNote>{found.attempt.error?.message}</ErrorNote>
      {found.attempt.log === null ? (
        <EmptyNote title="An approval has no output" />
      ) : (
        <LogView
          log={log}
          executionId={executionId}
          attempt={found.attempt}
          at={Number.isSafeInteger(at) && at >= 0 ? at : undefined}
        />
      )}
    </div>
  );
}

function Head({
  execution,
  found: { stage, action, attempt },
}: {
  readonly execution: ExecutionState;
  readonly found: Found;
}) {
  const log = attempt.log;
  return (
    <header className={classes.head}>
      <h1>
        {stage.name} / {action.name}
      </h1>
      <span>
        <Link href={`/pipelines/${encodeURIComponent(execution.pipelineName)}`} className="link-box">
          {execution.pipelineName}
        </Link>{' '}
        <Link href={`/executions/${execution.id}`} className="link-box">
          #{execution.ordinal}
        </Link>
        {action.attempts.length > 1 ? <Attempts executionId={execution.id} action={action} current={attempt} /> : null}
      </span>
      <StatusText look={lookOf(attempt.status)}>{wordOf(attempt.status)}</StatusText>
      <span className="quiet">
        <Took from={attempt.startedAt} to={attempt.finishedAt} />
      </span>
      {log === null ? null : (
        <span className="quiet figures">
          {bytesText(log.bytes)}
          {log.dropped > 0 ? `, and ${bytesText(log.dropped)} over the limit that are not kept` : ''}
        </span>
      )}
      <Button
        component="a"
        href={`/logs/${execution.id}/${attempt.id}`}
        download
        size="xs"
        variant="default"
        className="spread"
      >
        Download
      </Button>
    </header>
  );
}

interface AttemptsProps {
  readonly executionId: string;
  readonly action: ActionOf;
  readonly current: AttemptOf;
}

function Attempts({ executionId, action, current }: AttemptsProps) {
  return (
    <span className="quiet">
      {' '}
      · attempt{' '}
      {action.attempts.map(({ id, attempt }) => (
        <span key={id}>
          {id === current.id ? (
            <strong>{attempt}</strong>
          ) : (
            <Link href={`/executions/${executionId}/log/${id}`} className="link-box">
              {attempt}
            </Link>
          )}{' '}
        </span>
      ))}
    </span>
  );
}
