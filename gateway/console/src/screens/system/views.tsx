import { Button } from '@mantine/core';
import {
  RebuildProjection,
  type RebuildProjectionInput,
  type RebuildProjectionResult,
} from '../../api/generated/operations.js';
import { ErrorNote } from '../../parts/notes.js';
import { StatusMark } from '../../parts/status-mark.js';
import { useChange, type Change } from '../../state/change.js';
import { useIsLive, useMay } from '../../state/console-state.js';
import type { PlatformNow } from './platform-now.js';
import classes from './system.module.css';

interface Follower {
  readonly name: string;
  readonly lag: number;
  readonly isView: boolean;
  /** What is wrong with it, in words. */
  readonly fault: string | undefined;
}

/** What is behind by a few events is so for a moment, while something happens. */
const LAG_OF_A_MOMENT = 100;

/** How far the views and the consumers of events have come: those that lag or have stopped, then all of them on request. */
export function Views({ platform }: { readonly platform: PlatformNow }) {
  const rebuild = useChange(RebuildProjection);
  const followers = followersOf(platform);
  const troubled = followers.filter(({ lag, fault }) => fault !== undefined || lag > LAG_OF_A_MOMENT);
  const fine = followers.length - troubled.length;
  return (
    <section className="panel" aria-labelledby="views">
      <div className="panel-head">
        <h2 id="views">Views and consumers</h2>
        <ErrorNote>{rebuild.error}</ErrorNote>
      </div>
      {troubled.length === 0 ? null : (
        <Table followers={troubled} rebuild={rebuild} label="Views and consumers that are behind" />
      )}
      <details className={classes.rest}>
        <summary>
          <StatusMark look="succeeded" /> {fine} of {followers.length} are up to date
        </summary>
        <Table followers={followers} rebuild={rebuild} label="All views and consumers" />
      </details>
    </section>
  );
}

function followersOf({ projections, consumers }: PlatformNow): readonly Follower[] {
  return [
    ...projections.map(({ name, lag, stoppedBy }) => ({ name, lag, isView: true, fault: stoppedBy ?? undefined })),
    ...consumers.map(({ name, lag, parked }) => ({
      name,
      lag,
      isView: false,
      fault: parked === 0 ? undefined : `${parked} parked`,
    })),
  ];
}

interface TableProps {
  readonly followers: readonly Follower[];
  readonly rebuild: Change<RebuildProjectionInput, RebuildProjectionResult>;
  readonly label: string;
}

function Table({ followers, rebuild, label }: TableProps) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Behind by</th>
            <th scope="col">
              <span className="only-read">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {followers.map((follower) => (
            <Row key={follower.name} follower={follower} rebuild={rebuild} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({
  follower: { name, lag, isView, fault },
  rebuild,
}: {
  readonly follower: Follower;
  readonly rebuild: TableProps['rebuild'];
}) {
  const may = useMay();
  const isLive = useIsLive();
  return (
    <tr>
      <td>
        {name}
        {fault === undefined ? null : <div className={classes.fault}>{fault}</div>}
      </td>
      <td className="figures">{lag}</td>
      <td className={classes.actions}>
        {isView && may('rebuildProjection') ? (
          <Button
            size="compact-xs"
            variant="subtle"
            disabled={!isLive || rebuild.busy}
            onClick={() => void rebuild.run({ name })}
            aria-label={`Rebuild ${name}`}
          >
            Rebuild
          </Button>
        ) : null}
      </td>
    </tr>
  );
}
