import { Button, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { errorText } from '../../api/text.js';
import { bytesText } from '../../parts/duration.js';
import { EmptyNote, ErrorNote, Reading } from '../../parts/notes.js';
import { zipEntries } from './zip-entries.js';
import classes from './execution.module.css';

interface ArtifactItemProps {
  readonly artifact: {
    readonly name: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly artifactId: string | null;
  };
  readonly by?: string;
}

/** A larger one is not brought here only to be looked into. */
const BROWSED_BYTES_MAX = 64 * 1024 * 1024;

export function ArtifactItem({ artifact: { name, sha256, bytes, artifactId }, by }: ArtifactItemProps) {
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <li className={classes.artifact}>
      <strong>{name}</strong>
      <span className="quiet">
        {bytesText(bytes)}
        {by === undefined ? '' : ` of ${by}`}
        <span className="code"> {sha256.slice(0, 12)}</span>
      </span>
      {artifactId === null ? null : (
        <span className="row-flex">
          <a href={`/artifacts/${artifactId}`} download aria-label={`Download ${name}`}>
            Download
          </a>
          {bytes <= BROWSED_BYTES_MAX ? (
            <Button variant="subtle" size="compact-xs" onClick={open} aria-label={`Browse ${name}`}>
              Browse
            </Button>
          ) : null}
          <Modal opened={isOpen} onClose={close} title={name} size="lg">
            {isOpen ? <Entries artifactId={artifactId} /> : null}
          </Modal>
        </span>
      )}
    </li>
  );
}

/** Names and sizes of what is inside. */
function Entries({ artifactId }: { readonly artifactId: string }) {
  const { data, error } = useQuery({
    queryKey: ['artifact', artifactId],
    queryFn: async ({ signal }) => {
      const response = await fetch(`/artifacts/${artifactId}`, { signal });
      if (!response.ok) throw new Error(response.status === 410 ? 'Its bytes were removed.' : 'It can’t be read now.');
      return zipEntries(await response.arrayBuffer());
    },
    staleTime: Infinity,
  });
  if (error !== null) return <ErrorNote>{errorText(error)}</ErrorNote>;
  if (data === undefined) return <Reading />;
  if (data.length === 0) return <EmptyNote title="It is empty" />;
  return (
    <ul className={classes.entries}>
      {data.map(({ name, bytes }) => (
        <li key={name}>
          <span className="code">{name}</span>
          <span className="quiet figures">{bytesText(bytes)}</span>
        </li>
      ))}
    </ul>
  );
}
