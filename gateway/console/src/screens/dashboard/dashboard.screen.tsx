import { Button, Code, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'wouter';
import { EmptyNote, Reading } from '../../parts/notes.js';
import { useMay } from '../../state/console-state.js';
import { usePipelineRows } from '../../state/live.js';
import classes from './dashboard.module.css';
import { PipelineTable } from './pipeline-table.js';
import { listing, SHOWS, type Listing, type Show } from './rows.js';

const NAMES: Readonly<Record<Show, string>> = {
  all: 'All',
  failed: 'Failing',
  person: 'Waiting for a person',
  running: 'Running',
  held: 'Held',
};

/** Every pipeline, those that need somebody first. */
export function DashboardScreen() {
  const { rows, isWhole } = usePipelineRows();
  const filter = useFilter();
  const list = useMemo(() => listing(rows.values(), filter.show, filter.search), [rows, filter.show, filter.search]);
  if (rows.size === 0) return isWhole ? <Welcome /> : <Reading />;
  return (
    <>
      <div className={classes.head}>
        <h1>Pipelines</h1>
        <Shows list={list} filter={filter} />
        <TextInput
          aria-label="Search by name"
          placeholder="Search by name"
          size="xs"
          type="search"
          className={classes.search}
          data-search
          value={filter.search}
          onChange={(event) => filter.change({ q: event.currentTarget.value })}
        />
        <CreateButton />
      </div>
      <PipelineTable rows={list.rows} />
      {list.rows.length === 0 ? (
        <EmptyNote title="No pipeline is like this">
          <Button size="xs" variant="default" onClick={() => filter.change({ q: '', show: 'all' })}>
            Show all
          </Button>
        </EmptyNote>
      ) : null}
    </>
  );
}

interface Filter {
  readonly show: Show;
  readonly search: string;
  change(to: { readonly q?: string; readonly show?: Show }): void;
}

/** In the address: a filter is a link that can be sent, and kept on a wall. */
function useFilter(): Filter {
  const [params, setParams] = useSearchParams();
  const asked = params.get('show');
  return {
    show: SHOWS.find((show) => show === asked) ?? 'all',
    search: params.get('q') ?? '',
    change: (to) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [key, value] of Object.entries(to))
            if (value === '' || value === 'all') next.delete(key);
            else next.set(key, value);
          return next;
        },
        { replace: true },
      ),
  };
}

function Shows({ list, filter }: { readonly list: Listing; readonly filter: Filter }) {
  return (
    <div role="group" aria-label="Show" className={classes.shows}>
      {SHOWS.map((show) => (
        <button
          key={show}
          type="button"
          aria-pressed={filter.show === show}
          className={classes.show}
          data-show={show}
          onClick={() => filter.change({ show })}
        >
          {NAMES[show]} <span className="figures">{list.counts[show]}</span>
        </button>
      ))}
    </div>
  );
}

function CreateButton() {
  const may = useMay();
  if (!may('createPipeline')) return null;
  return (
    <Button component={Link} href="/create" size="xs" className={classes.create}>
      Create a pipeline
    </Button>
  );
}

/** The first screen of an empty installation leads to a first release. */
function Welcome() {
  const may = useMay();
  return (
    <div className="panel">
      <EmptyNote title="No pipelines yet">
        <p>
          A pipeline takes each change of a Git repository through stages: build, test, approve, deploy. What happens in
          it is seen here as it happens.
        </p>
        {may('createPipeline') ? (
          <>
            <Button component={Link} href="/create">
              Create a pipeline
            </Button>
            <p>
              Or see one at work first: <Code>npm run demo -- --keep</Code> makes a repository and a pipeline of its
              own.
            </p>
          </>
        ) : (
          <p>Somebody who may create pipelines has to make the first one.</p>
        )}
      </EmptyNote>
    </div>
  );
}
