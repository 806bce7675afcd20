import { Button, Kbd, Textarea } from '@mantine/core';
import { useRef, useState, type KeyboardEvent } from 'react';
import { CastVote, type ApprovalState, type VoteResult } from '../../api/generated/operations.js';
import { useKeys } from '../../parts/keys.js';
import { ErrorNote } from '../../parts/notes.js';
import { useChange } from '../../state/change.js';
import { useConsole, useIsLive, useMay } from '../../state/console-state.js';
import classes from './approvals.module.css';

/** Approve or reject, with a comment: by pointer, or a and r, then Enter. */
export function VoteForm({ approval }: { readonly approval: ApprovalState }) {
  const may = useMay();
  if (approval.status !== 'Pending' || approval.token === null) return null;
  if (!may('castVote'))
    return <p className={`quiet ${classes.mayNot}`}>Your role may look at approvals, not answer them.</p>;
  return <Form approval={approval} token={approval.token} />;
}

function Form({ approval, token }: { readonly approval: ApprovalState; readonly token: string }) {
  const { vote, canVote, busy, error, comment, setComment } = useVote(approval, token);
  /** What Enter does in the comment, once a or r has said it. */
  const [wish, setWish] = useState<VoteResult>();
  const field = useRef<HTMLTextAreaElement>(null);
  const begin = (result: VoteResult) => () => {
    setWish(result);
    field.current?.focus();
  };
  useKeys({ a: begin('Approved'), r: begin('Rejected') });
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === 'Escape') {
      setWish(undefined);
      event.currentTarget.blur();
    } else if (event.key === 'Enter' && !event.shiftKey && wish !== undefined) {
      event.preventDefault();
      if (canVote) void vote(wish);
    }
  };
  const enter = wish === 'Approved' ? 'approves' : 'rejects';
  return (
    <form className={classes.form} onSubmit={(event) => event.preventDefault()}>
      <Textarea
        ref={field}
        label="Comment"
        description={wish === undefined ? 'Kept with the answer.' : `Enter ${enter}, Escape leaves it.`}
        required={approval.summaryRequired}
        maxLength={512}
        autosize
        minRows={1}
        maxRows={6}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <ErrorNote>{error}</ErrorNote>
      <Buttons onVote={(result) => void vote(result)} disabled={!canVote || busy} />
    </form>
  );
}

function useVote(approval: ApprovalState, token: string) {
  const { documents } = useConsole();
  const isLive = useIsLive();
  const { run, busy, error } = useChange(CastVote);
  const [comment, setComment] = useState('');
  const summary = comment.trim();
  const vote = async (result: VoteResult): Promise<void> => {
    const accepted = await run({ token, result, ...(summary === '' ? {} : { summary }) });
    if (accepted?.approval) documents.put('approval', approval.id, accepted.approval);
  };
  const canVote = isLive && !busy && !(approval.summaryRequired && summary === '');
  return { vote, canVote, busy, error, comment, setComment };
}

interface ButtonsProps {
  readonly onVote: (result: VoteResult) => void;
  readonly disabled: boolean;
}

function Buttons({ onVote, disabled }: ButtonsProps) {
  const isLive = useIsLive();
  const hint = (key: string) => (
    <Kbd size="xs" aria-hidden>
      {key}
    </Kbd>
  );
  return (
    <div className={classes.buttons}>
      <Button onClick={() => onVote('Approved')} disabled={disabled} rightSection={hint('a')}>
        Approve
      </Button>
      <Button
        variant="outline"
        color="var(--status-failed)"
        onClick={() => onVote('Rejected')}
        disabled={disabled}
        rightSection={hint('r')}
      >
        Reject
      </Button>
      {isLive ? null : <span className="quiet">Not live: what is shown may be old.</span>}
    </div>
  );
}
