import { Button } from '@mantine/core';
import { RebuildProjection } from '../../api/generated/operations.js';
import { ErrorNote } from '../../parts/notes.js';
import { StatusMark } from '../../parts/status-mark.js';
import { useChange } from '../../state/change.js';
import { useIsLive, useMay } from '../../state/console-state.js';
import type { PlatformNow } from './system.screen.js';
import classes from './system.module.css';

/** How far the views and the consumers of events have come. */
export function Views({ platform }: { readonly platform: PlatformNow }) {
  const may = useMay();
  const isLive = useIsLive();
  const rebuild = useChange(RebuildProjection);
  return (
    <section className="panel" aria-labelledby="views">
      <div className="panel-head">
        <h2 id="views">Views and consumers</h2>
        <ErrorNote>{rebuild.error}</ErrorNote>
      </div>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label="Views and consumers">
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
            {platform.projections.map(({ name, lag, stoppedBy }) => (
              <tr key={name}>
                <td>
                  {name}
                  {stoppedBy === null ? null : <div className={classes.fault}>{stoppedBy}</div>}
                </td>
                <Lag lag={lag} isStopped={stoppedBy !== null} />
                <td className={classes.actions}>
                  {may('rebuildProjection') ? (
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
            ))}
            {platform.consumers.map(({ name, lag, parked }) => (
              <tr key={name}>
                <td>
                  {name}
                  {parked === 0 ? null : <span className={classes.fault}> {parked} parked</span>}
                </td>
                <Lag lag={lag} isStopped={false} />
                <td />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Lag({ lag, isStopped }: { readonly lag: number; readonly isStopped: boolean }) {
  return (
    <td className="figures">
      <StatusMark look={isStopped ? 'failed' : lag === 0 ? 'succeeded' : 'progress'} label={isStopped ? 'Stopped' : lag === 0 ? 'Up to date' : 'Behind'} />{' '}
      {lag}
    </td>
  );
}
