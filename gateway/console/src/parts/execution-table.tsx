import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ExecutionLine } from '../api/generated/operations.js';
import { Age, Took } from './age.js';
import { ExecutionLink } from './execution-link.js';
import classes from './execution-table.module.css';
import { lookOf, wordOf } from './look.js';
import { RevisionText } from './revision.js';
import { StatusText } from './status-mark.js';

export interface ExecutionTableProps {
  readonly executions: readonly ExecutionLine[];
  /** Where they are of many pipelines. */
  readonly withPipeline?: boolean;
  readonly actions?: (execution: ExecutionLine) => ReactNode;
}

export function ExecutionTable({ executions, withPipeline = false, actions }: ExecutionTableProps) {
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Execution</th>
            <th scope="col">Status</th>
            <th scope="col">Change</th>
            <th scope="col">Started by</th>
            <th scope="col">Started</th>
            <th scope="col">Took</th>
            {actions === undefined ? null : (
              <th scope="col">
                <span className="only-read">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {executions.map((execution) => (
            <Row key={execution.id} execution={execution} withPipeline={withPipeline} actions={actions} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly execution: ExecutionLine;
  readonly withPipeline: boolean;
  readonly actions: ExecutionTableProps['actions'];
}

function Row({ execution, withPipeline, actions }: RowProps) {
  return (
    <tr>
      <td className={classes.id}>
        {withPipeline ? (
          <Link href={`/pipelines/${encodeURIComponent(execution.pipelineName)}`}>{execution.pipelineName}</Link>
        ) : null}{' '}
        <ExecutionLink id={execution.id} ordinal={execution.ordinal} />
      </td>
      <td>
        <StatusText look={lookOf(execution.status)}>{wordOf(execution.status)}</StatusText>
      </td>
      <td className={classes.change}>
        {execution.sourceRevisions.map(({ actionName, revision }) => (
          <div key={actionName} className="cut-off">
            <RevisionText revision={revision} />
          </div>
        ))}
      </td>
      <td className={`cut-off ${classes.by}`} title={execution.trigger.type}>
        {execution.trigger.detail}
      </td>
      <td className={classes.ago}>
        <Age since={execution.startedAt} />
      </td>
      <td className={classes.ago}>
        <Took from={execution.startedAt} to={execution.finishedAt} />
      </td>
      {actions === undefined ? null : <td className={classes.actions}>{actions(execution)}</td>}
    </tr>
  );
}
