import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/client.js';
import { Platform } from '../../api/generated/operations.js';
import { errorText } from '../../api/text.js';
import { Age } from '../../parts/age.js';
import { bytesText } from '../../parts/duration.js';
import { EmptyNote, ErrorNote, Reading } from '../../parts/notes.js';
import { StatusText } from '../../parts/status-mark.js';
import { useMay } from '../../state/console-state.js';
import { Parked } from './parked.js';
import type { PlatformNow } from './platform-now.js';
import { Tokens } from './tokens.js';
import { Views } from './views.js';
import classes from './system.module.css';

/** Lags and runners are no documents of the log: they are asked for, this often. */
const EVERY_MS = 3_000;

export function SystemScreen() {
  const may = useMay();
  const { data, error } = useQuery({
    queryKey: ['platform'],
    queryFn: ({ signal }) => ask(Platform, {}, signal),
    refetchInterval: EVERY_MS,
  });
  if (data === undefined) return error === null ? <Reading /> : <ErrorNote>{errorText(error)}</ErrorNote>;
  const { platform } = data;
  return (
    <>
      <header className={classes.head}>
        <h1>System</h1>
        <Health platform={platform} isReachable={error === null} />
      </header>
      <div className={classes.columns}>
        <div className={classes.column}>
          <Installation platform={platform} />
          <Runners platform={platform} />
        </div>
        <div className={classes.column}>
          <Parked platform={platform} />
          <Views platform={platform} />
        </div>
        {may('createToken') ? <Tokens /> : null}
      </div>
    </>
  );
}

function Health({ platform, isReachable }: { readonly platform: PlatformNow; readonly isReachable: boolean }) {
  if (!isReachable) return <StatusText look="failed">The platform can’t be reached; this is how it was.</StatusText>;
  const stopped = platform.projections.find(({ stoppedAt }) => stoppedAt !== null);
  if (stopped !== undefined) return <StatusText look="failed">The view {stopped.name} has stopped</StatusText>;
  if (platform.parked.length > 0) return <StatusText look="person">Messages wait for a person</StatusText>;
  if (platform.runners.length === 0)
    return <StatusText look="person">No runner was heard of: nothing is built</StatusText>;
  return <StatusText look="succeeded">Healthy</StatusText>;
}

function Installation({ platform }: { readonly platform: PlatformNow }) {
  const { disk } = platform;
  return (
    <section className="panel" aria-labelledby="installation">
      <div className="panel-head">
        <h2 id="installation">Installation</h2>
      </div>
      <dl className="facts panel-body">
        <dt>Millrace</dt>
        <dd>
          {platform.version}, Node {platform.nodeVersion}
        </dd>
        <dt>Running for</dt>
        <dd>
          <Age since={platform.startedAt} />
        </dd>
        <dt>Log</dt>
        <dd className="code">{platform.head}</dd>
        <dt>Its hash</dt>
        <dd className="code">{platform.headHash}</dd>
        {disk === null ? null : (
          <>
            <dt>Disk</dt>
            <dd>
              <meter
                min={0}
                max={disk.totalBytes}
                low={disk.totalBytes * 0.8}
                high={disk.totalBytes * 0.9}
                value={disk.totalBytes - disk.freeBytes}
                aria-label="Used"
              />{' '}
              {bytesText(disk.freeBytes)} free of {bytesText(disk.totalBytes)}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Runners({ platform }: { readonly platform: PlatformNow }) {
  return (
    <section className="panel" aria-labelledby="runners">
      <div className="panel-head">
        <h2 id="runners">Runners</h2>
        <span className="quiet spread figures">
          {platform.jobsLeased} at work, {platform.jobsOffered} waiting
        </span>
      </div>
      {platform.runners.length === 0 ? (
        <EmptyNote title="No runner was heard of">
          <p>Jobs wait until one comes.</p>
        </EmptyNote>
      ) : (
        <div className={classes.scroll} tabIndex={0} role="region" aria-label="Table of runners">
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Runner</th>
                <th scope="col">Labels</th>
                <th scope="col">Jobs</th>
                <th scope="col">Heard of</th>
              </tr>
            </thead>
            <tbody>
              {platform.runners.map((runner) => (
                <tr key={runner.id}>
                  <td title={runner.id}>{runner.name}</td>
                  <td>{runner.labels.join(', ')}</td>
                  <td className="figures">{runner.jobs}</td>
                  <td>
                    <Age since={runner.lastSeenAt} /> ago
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
