import { Button, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { DisableTransition, EnableTransition } from '../../api/generated/operations.js';
import { ActorText } from '../../parts/actor.js';
import { Age } from '../../parts/age.js';
import { Dialog } from '../../parts/dialog.js';
import { ExecutionLink } from '../../parts/execution-link.js';
import { ErrorNote } from '../../parts/notes.js';
import { StatusMark } from '../../parts/status-mark.js';
import { useChange } from '../../state/change.js';
import { useIsLive, useMay } from '../../state/console-state.js';
import classes from './pipeline.module.css';
import type { StageNow } from './stage-column.js';

/** The door before a stage: open or closed, and who waits before it, and why. */
export function Transition({ pipeline, stage }: { readonly pipeline: string; readonly stage: StageNow }) {
  const { transition } = stage;
  return (
    <div className={classes.transition} data-closed={!transition.enabled} data-held={stage.inbound.length > 0}>
      <div
        className={classes.door}
        role="img"
        aria-label={`Transition to ${stage.name}: ${transition.enabled ? 'open' : 'closed'}`}
      />
      <div className={classes.doorText}>
        {transition.enabled ? null : <ClosedNote transition={transition} />}
        <DoorButton pipeline={pipeline} stage={stage} />
        {stage.inbound.map((waiting) => (
          <div key={waiting.executionId} className={classes.inbound}>
            <StatusMark look="waiting" label="Waits" />
            <div>
              <ExecutionLink id={waiting.executionId} ordinal={waiting.ordinal} /> <Age since={waiting.since} />
              <div className="quiet">{waiting.explanation}</div>
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}

function ClosedNote({ transition }: { readonly transition: StageNow['transition'] }) {
  return (
    <div className={classes.closed}>
      <strong>Closed</strong> {transition.changedAt === null ? null : <Age since={transition.changedAt} />}
      <div>{transition.reason}</div>
      {transition.changedBy === null ? null : (
        <div className="quiet">
          by <ActorText actor={transition.changedBy} />
        </div>
      )}
    </div>
  );
}

function DoorButton({ pipeline, stage }: { readonly pipeline: string; readonly stage: StageNow }) {
  const may = useMay();
  const isLive = useIsLive();
  const [isOpen, { open, close }] = useDisclosure(false);
  const enabling = useChange(EnableTransition);
  if (!may('disableTransition')) return null;
  if (!stage.transition.enabled)
    return (
      <>
        <Button
          size="compact-xs"
          variant="default"
          loading={enabling.busy}
          disabled={!isLive}
          aria-label={`Open the transition to ${stage.name}`}
          onClick={() => void enabling.run({ pipeline, stage: stage.name })}
        >
          Open
        </Button>
        <ErrorNote>{enabling.error}</ErrorNote>
      </>
    );
  return (
    <>
      <Button
        size="compact-xs"
        variant="subtle"
        onClick={open}
        disabled={!isLive}
        aria-label={`Close the transition to ${stage.name}`}
      >
        Close…
      </Button>
      <CloseDialog pipeline={pipeline} stage={stage.name} opened={isOpen} onClose={close} />
    </>
  );
}

interface CloseDialogProps {
  readonly pipeline: string;
  readonly stage: string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

function CloseDialog({ pipeline, stage, opened, onClose }: CloseDialogProps) {
  const { run, busy, error } = useChange(DisableTransition);
  const [reason, setReason] = useState('');
  const submit = async (): Promise<void> => {
    if ((await run({ pipeline, stage, reason })) !== undefined) onClose();
  };
  return (
    <Dialog
      title={`Close the transition to ${stage}`}
      verb="Close it"
      opened={opened}
      onClose={onClose}
      busy={busy}
      error={error}
      disabled={reason.trim() === ''}
      onSubmit={() => void submit()}
    >
      <Textarea
        label="Reason"
        description="Executions are held before the stage until it is opened. Everybody who wonders sees why."
        required
        maxLength={300}
        autosize
        minRows={2}
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </Dialog>
  );
}
