import { Button, Select } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Link } from 'wouter';
import { ask } from '../../api/client.js';
import { PipelineVersionAt, PipelineVersions } from '../../api/generated/operations.js';
import { ActorText } from '../../parts/actor.js';
import { Age } from '../../parts/age.js';
import { EmptyNote, Reading } from '../../parts/notes.js';
import { useMay } from '../../state/console-state.js';
import { usePageParams } from '../../state/page-params.js';
import classes from './definition.module.css';

const TextView = lazy(async () => ({ default: (await import('../../editor/text-view.js')).TextView }));

/** Every version of a definition, and what differs between any two. */
export function DefinitionScreen({ name }: { readonly name: string }) {
  const { values, change } = usePageParams(['version', 'with']);
  const versions = useVersions(name);
  const may = useMay();
  if (versions === undefined) return <Reading />;
  const [latest] = versions.list;
  if (latest === undefined) return <EmptyNote title={`There is no pipeline ${name}`} />;
  const shown = Number(values.version) || latest.version;
  const other = Number(values.with) || undefined;
  const path = `/pipelines/${encodeURIComponent(name)}`;
  return (
    <>
      <header className={classes.head}>
        <h1>
          <Link href={path}>{name}</Link>: definition
        </h1>
        {may('updatePipeline') ? (
          <Button component={Link} href={`${path}/edit`} size="xs" variant="default" className="spread">
            Edit
          </Button>
        ) : null}
      </header>
      <div className={classes.columns}>
        <VersionList versions={versions} shown={shown} />
        <section className={`panel ${classes.text}`} aria-label={`Version ${shown}`}>
          <div className="panel-head">
            <h2>Version {shown}</h2>
            <Select
              size="xs"
              aria-label="Compare with"
              placeholder="Compare with…"
              clearable
              clearButtonProps={{ 'aria-label': 'Compare with none' }}
              data={versions.list
                .filter(({ version }) => version !== shown)
                .map(({ version }) => ({ value: String(version), label: `version ${version}` }))}
              value={other === undefined ? null : String(other)}
              onChange={(value) => change({ with: value ?? '' })}
              className="spread"
            />
          </div>
          <Shown name={name} version={shown} other={other} />
        </section>
      </div>
    </>
  );
}

type Versions = NonNullable<ReturnType<typeof useVersions>>;

function VersionList({ versions, shown }: { readonly versions: Versions; readonly shown: number }) {
  return (
    <nav className="panel" aria-label="Versions">
      <ul className={classes.versions}>
        {versions.list.map(({ version, createdAt, createdBy }) => (
          <li key={version}>
            <Link href={`?version=${version}`} aria-current={version === shown ? 'true' : undefined}>
              <strong>version {version}</strong>
              <span className="quiet">
                <ActorText actor={createdBy} />, <Age since={createdAt} /> ago
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {versions.more === undefined ? null : (
        <Button size="compact-xs" variant="subtle" onClick={versions.more}>
          Older
        </Button>
      )}
    </nav>
  );
}

function useVersions(name: string) {
  const { data, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['versions', name],
    queryFn: ({ pageParam, signal }) => ask(PipelineVersions, { name, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ pipeline }) =>
      pipeline?.versions.pageInfo.hasNextPage === true
        ? (pipeline.versions.pageInfo.endCursor ?? undefined)
        : undefined,
  });
  if (data === undefined) return undefined;
  const list = data.pages.flatMap(({ pipeline }) => pipeline?.versions.nodes ?? []);
  return { list, more: hasNextPage ? () => void fetchNextPage() : undefined };
}

interface ShownProps {
  readonly name: string;
  readonly version: number;
  readonly other: number | undefined;
}

function Shown({ name, version, other }: ShownProps) {
  const text = useText(name, version);
  const before = useText(name, other);
  if (text === undefined || (other !== undefined && before === undefined)) return <Reading />;
  if (text === null) return <EmptyNote title="There is no such version" />;
  if (text === before) return <EmptyNote title="The two versions are the same" />;
  return (
    <Suspense fallback={<Reading />}>
      <TextView label={`Definition, version ${version}`} text={text} before={before ?? undefined} />
    </Suspense>
  );
}

/** A version never changes. */
function useText(name: string, version: number | undefined): string | null | undefined {
  const { data } = useQuery({
    queryKey: ['version', name, version],
    queryFn: ({ signal }) => ask(PipelineVersionAt, { name, version: version ?? 0 }, signal),
    enabled: version !== undefined,
    staleTime: Infinity,
  });
  if (data === undefined) return undefined;
  const found = data.pipeline?.atVersion ?? null;
  return found === null ? null : JSON.stringify(found.definition, undefined, 2);
}
