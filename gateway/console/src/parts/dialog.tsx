import { Button, Group, Modal, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useIsLive } from '../state/console-state.js';
import { ErrorNote } from './notes.js';

export interface DialogProps {
  readonly title: string;
  readonly opened: boolean;
  readonly onClose: () => void;
  /** What the button does, as a verb. */
  readonly verb: string;
  readonly isDangerous?: boolean;
  readonly disabled?: boolean;
  readonly busy: boolean;
  readonly error: string | undefined;
  readonly onSubmit: () => void;
  readonly size?: string;
  readonly children: ReactNode;
}

/** A question with one answer that does something. */
export function Dialog(props: DialogProps) {
  const isLive = useIsLive();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    // React's events bubble through portals: a dialog inside of a form must not send that.
    event.stopPropagation();
    props.onSubmit();
  };
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title} size={props.size ?? 'md'}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {props.children}
          <ErrorNote>{props.error}</ErrorNote>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={props.onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={props.busy}
              disabled={!isLive || props.disabled === true}
              {...(props.isDangerous === true ? { color: 'var(--status-failed)' } : {})}
            >
              {props.verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
