import { Button, Code, CopyButton, Select, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.js';
import {
  CreateToken,
  RevokeToken,
  Tokens as TokensQuery,
  type Role,
  type TokensResult,
} from '../../api/generated/operations.js';
import { ActorText } from '../../parts/actor.js';
import { Age, Until } from '../../parts/age.js';
import { Dialog } from '../../parts/dialog.js';
import { ErrorNote } from '../../parts/notes.js';
import { useChange } from '../../state/change.js';
import { useIsLive } from '../../state/console-state.js';
import { useNow } from '../../state/clock.js';
import classes from './system.module.css';

const ROLES: readonly Role[] = ['viewer', 'developer', 'approver', 'admin', 'runner'];

/** Who may come in, browsers' sessions among them. */
export function Tokens() {
  const isLive = useIsLive();
  const [isOpen, { open, close }] = useDisclosure(false);
  const { tokens, more, read } = useTokens();
  const revoke = useChange(RevokeToken);
  return (
    <section className={`panel ${classes.wide}`} aria-labelledby="tokens">
      <div className="panel-head">
        <h2 id="tokens">Tokens</h2>
        <Button size="compact-sm" variant="default" className="spread" onClick={open} disabled={!isLive}>
          Make a token…
        </Button>
      </div>
      <ErrorNote>{revoke.error}</ErrorNote>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label="Table of tokens">
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Made</th>
              <th scope="col">By</th>
              <th scope="col">Valid</th>
              <th scope="col">
                <span className="only-read">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tokens.map((token) => (
              <Row
                key={token.id}
                token={token}
                onRevoke={() => void revoke.run({ id: token.id }).then(read)}
                isBusy={revoke.busy}
              />
            ))}
          </tbody>
        </table>
      </div>
      {more === undefined ? null : (
        <Button size="compact-sm" variant="subtle" onClick={more}>
          Older
        </Button>
      )}
      {isOpen ? <MakeDialog onClose={close} onMade={read} /> : null}
    </section>
  );
}

interface RowProps {
  readonly token: TokensResult['tokens']['nodes'][number];
  readonly onRevoke: () => void;
  readonly isBusy: boolean;
}

function Row({ token, onRevoke, isBusy }: RowProps) {
  const isLive = useIsLive();
  return (
    <tr>
      <td title={token.id}>{token.name}</td>
      <td>{token.role}</td>
      <td>
        <Age since={token.createdAt} /> ago
      </td>
      <td>
        <ActorText actor={token.createdBy} />
      </td>
      <td>
        <Validity expiresAt={token.expiresAt} revokedAt={token.revokedAt} />
      </td>
      <td className={classes.actions}>
        {token.revokedAt === null ? (
          <Button
            size="compact-xs"
            variant="subtle"
            color="var(--status-failed)"
            disabled={!isLive || isBusy}
            onClick={onRevoke}
            aria-label={`Revoke ${token.name}`}
          >
            Revoke
          </Button>
        ) : null}
      </td>
    </tr>
  );
}

function useTokens() {
  const queries = useQueryClient();
  const { data, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['tokens'],
    queryFn: ({ pageParam, signal }) => ask(TokensQuery, { after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ tokens }) =>
      tokens.pageInfo.hasNextPage ? (tokens.pageInfo.endCursor ?? undefined) : undefined,
  });
  return {
    tokens: data?.pages.flatMap(({ tokens }) => tokens.nodes) ?? [],
    more: hasNextPage ? () => void fetchNextPage() : undefined,
    read: () => void queries.invalidateQueries({ queryKey: ['tokens'] }),
  };
}

function Validity({ expiresAt, revokedAt }: { readonly expiresAt: string | null; readonly revokedAt: string | null }) {
  const now = useNow();
  if (revokedAt !== null)
    return (
      <span className="quiet">
        revoked <Age since={revokedAt} /> ago
      </span>
    );
  if (expiresAt === null) return <>until it is revoked</>;
  if (Date.parse(expiresAt) <= now) return <span className="quiet">expired</span>;
  return (
    <>
      expires <Until at={expiresAt} />
    </>
  );
}

function MakeDialog({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: () => void }) {
  const { run, busy, error } = useChange(CreateToken);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [secret, setSecret] = useState<string>();
  const submit = async (): Promise<void> => {
    if (secret !== undefined) return onClose();
    const made = await run({ name: name.trim(), role });
    if (made === undefined) return;
    setSecret(made.secret ?? '');
    onMade();
  };
  return (
    <Dialog
      title="Make a token"
      verb={secret === undefined ? 'Make it' : 'Done'}
      opened
      onClose={onClose}
      busy={busy}
      error={error}
      disabled={name.trim() === ''}
      onSubmit={() => void submit()}
    >
      {secret === undefined ? (
        <>
          <TextInput
            label="Name"
            description="Shown wherever it acts."
            required
            maxLength={100}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label="Role"
            data={ROLES}
            allowDeselect={false}
            value={role}
            onChange={(value) => setRole(ROLES.find((each) => each === value) ?? 'viewer')}
          />
        </>
      ) : (
        <>
          <p>Copy it now: it is shown this once, and kept nowhere.</p>
          <Code block className={classes.secret}>
            {secret}
          </Code>
          <CopyButton value={secret}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        </>
      )}
    </Dialog>
  );
}
