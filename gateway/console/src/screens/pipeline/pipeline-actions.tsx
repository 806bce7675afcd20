import { ActionIcon, Button, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, useLocation } from 'wouter';
import { DeletePipeline, LookAtSource, type PipelineState } from '../../api/generated/operations.js';
import { Dialog } from '../../parts/dialog.js';
import { ErrorNote } from '../../parts/notes.js';
import { useChange } from '../../state/change.js';
import { useIsLive, useMay } from '../../state/console-state.js';
import { ReleaseDialog } from './release-dialog.js';

/** What one may do with a pipeline; what one may not is not there. */
export function PipelineActions({ pipeline }: { readonly pipeline: PipelineState }) {
  const may = useMay();
  const isLive = useIsLive();
  const [isReleasing, releasing] = useDisclosure(false);
  const [isDeleting, deleting] = useDisclosure(false);
  const look = useChange(LookAtSource);
  const path = `/pipelines/${encodeURIComponent(pipeline.name)}`;
  return (
    <div className="row-flex spread">
      <ErrorNote>{look.error}</ErrorNote>
      <Button component={Link} href={`${path}/definition`} size="xs" variant="default">
        Definition v{pipeline.version}
      </Button>
      {may('updatePipeline') ? (
        <Button component={Link} href={`${path}/edit`} size="xs" variant="default">
          Edit
        </Button>
      ) : null}
      {may('startExecution') ? (
        <Button size="xs" onClick={releasing.open} disabled={!isLive}>
          Release change…
        </Button>
      ) : null}
      {may('lookAtSource') || may('deletePipeline') ? (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size={30} aria-label="More">
              …
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {may('lookAtSource') ? (
              <Menu.Item onClick={() => void look.run({ pipeline: pipeline.name })} disabled={!isLive}>
                Look at the sources now
              </Menu.Item>
            ) : null}
            {may('deletePipeline') ? (
              <Menu.Item color="var(--status-failed)" onClick={deleting.open} disabled={!isLive}>
                Delete…
              </Menu.Item>
            ) : null}
          </Menu.Dropdown>
        </Menu>
      ) : null}
      {isReleasing ? <ReleaseDialog pipeline={pipeline} onClose={releasing.close} /> : null}
      <DeleteDialog name={pipeline.name} opened={isDeleting} onClose={deleting.close} />
    </div>
  );
}

interface DeleteDialogProps {
  readonly name: string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

function DeleteDialog({ name, opened, onClose }: DeleteDialogProps) {
  const [, navigate] = useLocation();
  const { run, busy, error } = useChange(DeletePipeline);
  const submit = async (): Promise<void> => {
    if ((await run({ name })) !== undefined) navigate('/');
  };
  return (
    <Dialog
      title={`Delete ${name}`}
      verb="Delete"
      isDangerous
      opened={opened}
      onClose={onClose}
      busy={busy}
      error={error}
      onSubmit={() => void submit()}
    >
      <p>What runs in it is cancelled. Its history stays readable; its name is free again.</p>
    </Dialog>
  );
}
