import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.js';
import { EventAppended, Executions, type ExecutionLine, type ExecutionStatus } from '../../api/generated/operations.js';
import { errorText } from '../../api/text.js';
import { ExecutionTable } from '../../parts/execution-table.js';
import { wordOf } from '../../parts/look.js';
import { EmptyNote, ErrorNote, Reading } from '../../parts/notes.js';
import { useFeed } from '../../state/console-state.js';
import { usePageParams } from '../../state/page-params.js';
import classes from './history.module.css';

const STATUSES: readonly ExecutionStatus[] = [
  'InProgress',
  'Succeeded',
  'Failed',
  'Stopped',
  'Stopping',
  'Superseded',
  'Cancelled',
];
const PAGE = 50;
/** Typing asks once it has paused. */
const PAUSE_MS = 300;

/** Every execution there ever was; any page costs the same. */
export function HistoryScreen() {
  const { values, after, change, goTo } = usePageParams(['pipeline', 'status']);
  const status = STATUSES.find((each) => each === values.status);
  const { data, error } = useQuery({
    queryKey: ['history', values.pipeline, status, after],
    queryFn: ({ signal }) =>
      ask(Executions, { first: PAGE, pipeline: given(values.pipeline), status, after: given(after) }, signal),
    placeholderData: keepPreviousData,
  });
  useHistoryFeed(after === '');
  const executions = data?.executions;
  return (
    <>
      <div className={classes.head}>
        <h1>History</h1>
        <PipelineField value={values.pipeline} onChange={(pipeline) => change({ pipeline })} />
        <Select
          size="xs"
          aria-label="Status"
          placeholder="Any status"
          clearable
          clearButtonProps={{ 'aria-label': 'Any status' }}
          data={STATUSES.map((value) => ({ value, label: wordOf(value) }))}
          value={status ?? null}
          onChange={(value) => change({ status: value ?? '' })}
        />
      </div>
      <ErrorNote>{error === null ? undefined : errorText(error)}</ErrorNote>
      <div className="panel">
        {executions === undefined ? error === null && <Reading /> : <Page executions={executions.nodes} />}
      </div>
      <div className={classes.pages}>
        {after === '' ? null : (
          <Button size="xs" variant="default" onClick={() => goTo('')}>
            Latest
          </Button>
        )}
        {executions?.pageInfo.hasNextPage === true ? (
          <Button size="xs" variant="default" onClick={() => goTo(executions.pageInfo.endCursor ?? '')}>
            Older
          </Button>
        ) : null}
      </div>
    </>
  );
}

function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function Page({ executions }: { readonly executions: readonly ExecutionLine[] }) {
  return executions.length === 0 ? (
    <EmptyNote title="No executions are like this" />
  ) : (
    <ExecutionTable executions={executions} withPipeline />
  );
}

function PipelineField({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }) {
  const [text, setText] = useState(value);
  const say = useDebouncedCallback(onChange, PAUSE_MS);
  return (
    <TextInput
      size="xs"
      type="search"
      aria-label="Pipeline"
      placeholder="Pipeline"
      data-search
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        say(event.currentTarget.value.trim());
      }}
    />
  );
}

/** The first page is read again when an execution begins or ends; older ones are what they were. */
function useHistoryFeed(isFirst: boolean): void {
  const queries = useQueryClient();
  const read = useDebouncedCallback(() => void queries.invalidateQueries({ queryKey: ['history'] }), PAUSE_MS);
  useFeed(isFirst ? 'history' : undefined, () => ({
    text: EventAppended.text,
    operationName: EventAppended.name,
    variables: () => ({
      filter: { types: ['ExecutionStarted', 'ExecutionFinished', 'ExecutionSuperseded', 'StageRetried'] },
    }),
    next: read,
    refresh: () => queries.invalidateQueries({ queryKey: ['history'] }),
  }));
}
