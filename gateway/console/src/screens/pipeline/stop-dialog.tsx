import { Radio, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { StopExecution } from '../../api/generated/operations.js';
import { Dialog } from '../../parts/dialog.js';
import { useChange } from '../../state/change.js';

interface StopDialogProps {
  readonly executionId: string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function StopDialog({ executionId, opened, onClose }: StopDialogProps) {
  const { run, busy, error } = useChange(StopExecution);
  const [how, setHow] = useState('wait');
  const [reason, setReason] = useState('');
  const submit = async (): Promise<void> => {
    const input = { executionId, abandon: how === 'abandon', ...(reason === '' ? {} : { reason }) };
    if ((await run(input)) !== undefined) onClose();
  };
  return (
    <Dialog
      title="Stop the execution"
      verb="Stop"
      isDangerous
      opened={opened}
      onClose={onClose}
      busy={busy}
      error={error}
      onSubmit={() => void submit()}
    >
      <Radio.Group label="What runs now" value={how} onChange={setHow}>
        <Stack gap="xs" mt="xs">
          <Radio value="wait" label="may end" description="Nothing new starts; then the execution is stopped." />
          <Radio
            value="abandon"
            label="is abandoned"
            description="Its processes are ended. A half-done deployment stays half done."
          />
        </Stack>
      </Radio.Group>
      <TextInput
        label="Reason"
        description="Shown to everybody who wonders."
        maxLength={200}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </Dialog>
  );
}
