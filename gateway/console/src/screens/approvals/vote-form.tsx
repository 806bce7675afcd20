import { Button, Kbd, Textarea } from '@mantine/core';
import { useRef, useState } from 'react';
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
  const { documents } = useConsole();
  const isLive = useIsLive();
  const { run, busy, error } = useChange(CastVote);
  const [comment, setComment] = useState('');
  /** What Enter does in the comment, once a or r has said it. */
  const [wish, setWish] = useState<VoteResult>();
  const field = useRef<HTMLTextAreaElement>(null);
  const begin = (result: VoteResult) => () => {
    setWish(result);
    field.current?.focus();
  };
  useKeys({ a: begin('Approved'), r: begin('Rejected') });
  const isMissing = approval.summaryRequired && comment.trim() === '';
  const vote = async (result: VoteResult): Promise<void> => {
    if (!isLive || isMissing || busy) return field.current?.focus();
    const accepted = await run({ token, result, ...(comment.trim() === '' ? {} : { summary: comment.trim() }) });
    if (accepted?.approval) documents.put('approval', approval.id, accepted.approval);
  };
  return (
    <form className={classes.form} onSubmit={(event) => event.preventDefault()}>
      <Textarea
        ref={field}
        label="Comment"
        description={
          wish === undefined
            ? 'Kept with the answer.'
            : `Enter ${wish === 'Approved' ? 'approves' : 'rejects'}, Escape leaves it.`
        }
        required={approval.summaryRequired}
        maxLength={512}
        autosize
        minRows={1}
        maxRows={6}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.shiftKey && wish !== undefined) {
            event.preventDefault();
            void vote(wish);
          } else if (event.key === 'Escape') {
            setWish(undefined);
            event.currentTarget.blur();
          }
        }}
      />
      <ErrorNote>{error}</ErrorNote>
      <div className={classes.buttons}>
        <Button
          onClick={() => void vote('Approved')}
          disabled={!isLive || isMissing || busy}
          rightSection={<Kbd size="xs" aria-hidden>a</Kbd>}
        >
          Approve
        </Button>
        <Button
          variant="outline"
          color="var(--status-failed)"
          onClick={() => void vote('Rejected')}
          disabled={!isLive || isMissing || busy}
          rightSection={<Kbd size="xs" aria-hidden>r</Kbd>}
        >
          Reject
        </Button>
        {isLive ? null : <span className="quiet">Not live: what is shown may be old.</span>}
      </div>
    </form>
  );
}
