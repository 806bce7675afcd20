import { Button } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { ask } from '../../api/client.js';
import { Executions, type ExecutionLine, type PipelineState } from '../../api/generated/operations.js';
import { ExecutionTable } from '../../parts/execution-table.js';
import { EmptyNote } from '../../parts/notes.js';
import { useIsLive, useMay } from '../../state/console-state.js';
import { ReleaseDialog } from './release-dialog.js';

const SHOWN = 10;

/** The latest ones, and those that can be released again. */
export function RecentExecutions({ pipeline }: { readonly pipeline: PipelineState }) {
  const may = useMay();
  const isLive = useIsLive();
  const [again, setAgain] = useState<ExecutionLine>();
  // Every event of an execution moves the pipeline's position on.
  const { data } = useQuery({
    queryKey: ['executions', 'recent', pipeline.name, pipeline.position],
    queryFn: ({ signal }) => ask(Executions, { pipeline: pipeline.name, first: SHOWN }, signal),
    placeholderData: keepPreviousData,
  });
  const executions = data?.executions.nodes ?? [];
  return (
    <section className="panel" aria-label="Latest executions">
      <div className="panel-head">
        <h2>Latest executions</h2>
        <Link href={`/history?pipeline=${encodeURIComponent(pipeline.name)}`} className="spread">
          All of them
        </Link>
      </div>
      {executions.length === 0 && data !== undefined ? (
        <EmptyNote title="It never ran">
          <p>A change of a source starts it, or “Release change”.</p>
        </EmptyNote>
      ) : (
        <ExecutionTable
          executions={executions}
          actions={(execution) =>
            execution.status === 'Succeeded' && may('startExecution') ? (
              <Button
                size="compact-xs"
                variant="default"
                disabled={!isLive}
                onClick={() => setAgain(execution)}
                aria-label={`Release again: #${execution.ordinal}`}
              >
                Release again…
              </Button>
            ) : null
          }
        />
      )}
      {again === undefined ? null : (
        <ReleaseDialog pipeline={pipeline} again={again} onClose={() => setAgain(undefined)} />
      )}
    </section>
  );
}
