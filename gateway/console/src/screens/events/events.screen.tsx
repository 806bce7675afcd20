import { Button, MultiSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { EventAppended, type EventAppendedResult, type EventFilter } from '../../api/generated/operations.js';
import { errorText } from '../../api/text.js';
import { EmptyNote, ErrorNote, Reading } from '../../parts/notes.js';
import { useFeed } from '../../state/console-state.js';
import { usePageParams, type PageParams } from '../../state/page-params.js';
import { EventRow } from './event-row.js';
import { EventStream } from './event-stream.js';
import classes from './events.module.css';

const KEYS = ['pipeline', 'execution', 'actor', 'correlation', 'kinds'] as const;
type Key = (typeof KEYS)[number];

const CATEGORIES = ['pipeline', 'source', 'traffic', 'execution', 'artifact', 'approval', 'token', 'platform'];
const PAUSE_MS = 300;

/** Everything that has happened, on whose word and because of what; live. */
export function EventsScreen() {
  const params = usePageParams<Key>(KEYS);
  const key = KEYS.map((each) => params.values[each]).join('\n');
  const stream = useMemo(() => new EventStream(filterOf(params.values)), [key]);
  return (
    <>
      <div className={classes.head}>
        <h1>Events</h1>
        <Filters key={key} params={params} />
      </div>
      <Stream key={key} name={key} stream={stream} />
    </>
  );
}

function filterOf(values: Readonly<Record<Key, string>>): EventFilter {
  const { pipeline, execution, actor, correlation, kinds } = values;
  return {
    ...(pipeline === '' ? {} : { pipeline }),
    ...(execution === '' ? {} : { executionId: execution }),
    ...(actor === '' ? {} : { actorId: actor }),
    ...(correlation === '' ? {} : { correlationId: correlation }),
    ...(kinds === '' ? {} : { categories: kinds.split(',') }),
  };
}

const NAMES: Readonly<Record<Exclude<Key, 'kinds'>, string>> = {
  pipeline: 'Pipeline',
  execution: 'Execution id',
  actor: 'Actor id',
  correlation: 'Request id',
};

function Filters({ params: { values, change } }: { readonly params: PageParams<Key> }) {
  return (
    <>
      <MultiSelect
        size="xs"
        aria-label="Kinds"
        {...(values.kinds === '' ? { placeholder: 'All kinds' } : {})}
        data={CATEGORIES}
        value={values.kinds === '' ? [] : values.kinds.split(',')}
        onChange={(kinds) => change({ kinds: kinds.join(',') })}
        className={classes.kinds}
      />
      {(['pipeline', 'execution', 'actor', 'correlation'] as const).map((key) => (
        <Field
          key={key}
          name={NAMES[key]}
          value={values[key]}
          onChange={(value) => change({ [key]: value })}
          isSearch={key === 'pipeline'}
        />
      ))}
    </>
  );
}

interface FieldProps {
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly isSearch: boolean;
}

function Field({ name, value, onChange, isSearch }: FieldProps) {
  const [text, setText] = useState(value);
  const say = useDebouncedCallback(onChange, { delay: PAUSE_MS, flushOnUnmount: false });
  return (
    <TextInput
      size="xs"
      type="search"
      aria-label={name}
      placeholder={name}
      className={classes.field}
      {...(isSearch ? { 'data-search': true } : {})}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        say(event.currentTarget.value.trim());
      }}
    />
  );
}

function Stream({ name, stream }: { readonly name: string; readonly stream: EventStream }) {
  const { events, hasOlder, isRead } = useSyncExternalStore(
    (listener) => stream.listen(listener),
    () => stream.snapshot(),
  );
  const [error, setError] = useState<string>();
  useEffect(() => void stream.open().catch((caught: unknown) => setError(errorText(caught))), [stream]);
  useFeed(isRead ? `events/${name}` : undefined, () => ({
    text: EventAppended.text,
    operationName: EventAppended.name,
    variables: () => ({ after: stream.cursor, filter: stream.filter }),
    next: (data) => stream.appended((data as EventAppendedResult).eventAppended),
    ended: setError,
  }));
  return (
    <>
      <ErrorNote>{error}</ErrorNote>
      {isRead ? null : <Reading />}
      {isRead && events.length === 0 ? <EmptyNote title="No events are like this" /> : null}
      {events.length === 0 ? null : (
        <ul className={`panel ${classes.list}`} aria-label="Events, latest first">
          {events.map((event) => (
            <EventRow key={event.id} event={event} />
          ))}
        </ul>
      )}
      {hasOlder ? (
        <Button
          size="xs"
          variant="default"
          mt="sm"
          onClick={() => void stream.readOlder().catch((caught: unknown) => setError(errorText(caught)))}
        >
          Older
        </Button>
      ) : null}
    </>
  );
}
