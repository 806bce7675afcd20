import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { DropParked, RetryParked } from '../../api/generated/operations.js';
import { Age } from '../../parts/age.js';
import { ErrorNote } from '../../parts/notes.js';
import { useChange } from '../../state/change.js';
import { useIsLive, useMay } from '../../state/console-state.js';
import type { PlatformNow } from './platform-now.js';
import classes from './system.module.css';

/** Messages that could not be handled: what follows on their key waits behind them. */
export function Parked({ platform }: { readonly platform: PlatformNow }) {
  const may = useMay();
  const isLive = useIsLive();
  const queries = useQueryClient();
  const retry = useChange(RetryParked);
  const drop = useChange(DropParked);
  if (platform.parked.length === 0) return null;
  const settle = async (settling: Promise<unknown>): Promise<void> => {
    await settling;
    await queries.invalidateQueries({ queryKey: ['platform'] });
  };
  return (
    <section className="panel" aria-labelledby="parked">
      <div className="panel-head">
        <h2 id="parked">Parked messages</h2>
        <ErrorNote>{retry.error ?? drop.error}</ErrorNote>
      </div>
      <ul className={classes.parked}>
        {platform.parked.map((message) => (
          <li key={message.id}>
            <strong>{message.consumer}</strong> {message.eventType} <span className="quiet code">{message.key}</span>
            <div className={classes.fault}>{message.cause}</div>
            <div className="row-flex">
              <span className="quiet">
                {message.attempts} tries, parked <Age since={message.parkedAt} /> ago
              </span>
              {may('retryParked') ? (
                <Button size="compact-xs" disabled={!isLive} onClick={() => void settle(retry.run({ id: message.id }))}>
                  Try again
                </Button>
              ) : null}
              {may('dropParked') ? (
                <Button
                  size="compact-xs"
                  variant="default"
                  disabled={!isLive}
                  onClick={() => void settle(drop.run({ id: message.id }))}
                >
                  Give it up
                </Button>
              ) : null}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
