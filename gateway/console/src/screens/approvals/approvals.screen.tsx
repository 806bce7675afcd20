import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { ApprovalState } from '../../api/generated/operations.js';
import { nameOf, webAddress } from '../../api/text.js';
import { ActorText } from '../../parts/actor.js';
import { Age, Instant, Until } from '../../parts/age.js';
import { ExecutionLink } from '../../parts/execution-link.js';
import { useKeys } from '../../parts/keys.js';
import { EmptyNote, Reading } from '../../parts/notes.js';
import { RevisionText } from '../../parts/revision.js';
import { StatusMark, StatusText } from '../../parts/status-mark.js';
import { useApprovals } from '../../state/live.js';
import { CommitList } from '../execution/changes.js';
import { commitsSince } from '../execution/commits-since.js';
import classes from './approvals.module.css';
import { VoteForm } from './vote-form.js';

/** Everything that waits for a person, what lapses first at the top; and what would be let through. */
export function ApprovalsScreen() {
  const { approvals, isWhole } = useApprovals();
  const [params, setParams] = useSearchParams();
  const pending = useMemo(() => pendingOf(approvals), [approvals]);
  const asked = params.get('id');
  const chosen = asked === null ? pending[0] : approvals.get(asked);
  const choose = (by: number): void => {
    const index = pending.findIndex(({ id }) => id === chosen?.id);
    const next = pending[Math.min(Math.max(index + by, 0), pending.length - 1)];
    if (next === undefined) return;
    setParams({ id: next.id }, { replace: true });
    document.querySelector<HTMLElement>(`[data-approval="${next.id}"]`)?.focus();
  };
  useKeys({ j: () => choose(1), k: () => choose(-1) });
  if (!isWhole && approvals.size === 0) return <Reading />;
  const isAnswered = asked !== null && chosen === undefined;
  return (
    <>
      <h1 className={classes.title}>Approvals</h1>
      {pending.length === 0 && chosen === undefined ? (
        <div className="panel">
          <EmptyNote title={isAnswered ? 'This approval does not wait any more' : 'Nothing waits for approval'}>
            <p>What asks for one appears here by itself.</p>
          </EmptyNote>
        </div>
      ) : (
        <Inbox pending={pending} chosen={chosen} />
      )}
    </>
  );
}

/** What lapses first is first. */
function pendingOf(approvals: ReadonlyMap<string, ApprovalState>): readonly ApprovalState[] {
  return [...approvals.values()]
    .filter(({ status }) => status === 'Pending')
    .toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1));
}

interface InboxProps {
  readonly pending: readonly ApprovalState[];
  readonly chosen: ApprovalState | undefined;
}

function Inbox({ pending, chosen }: InboxProps) {
  return (
    <div className={classes.columns}>
      <ul className={`panel ${classes.list}`} aria-label="Waiting">
        {pending.map((approval) => (
          <Item key={approval.id} approval={approval} isChosen={approval.id === chosen?.id} />
        ))}
        {pending.length === 0 ? <li className={classes.none}>Nothing else waits.</li> : null}
      </ul>
      {chosen === undefined ? (
        <div className="panel">
          <EmptyNote title="This approval does not wait any more" />
        </div>
      ) : (
        <Detail key={chosen.id} approval={chosen} />
      )}
    </div>
  );
}

function Item({ approval, isChosen }: { readonly approval: ApprovalState; readonly isChosen: boolean }) {
  return (
    <li>
      <Link
        href={`/approvals?id=${approval.id}`}
        replace
        className={classes.item}
        aria-current={isChosen ? 'true' : undefined}
        data-approval={approval.id}
      >
        <StatusMark look="person" label="Waits" />
        <span className={classes.itemText}>
          <strong className="cut-off">{approval.pipelineName}</strong>
          <span className="cut-off">
            {approval.stage} / {approval.action}{' '}
            {approval.execution === null ? null : <span className="figures">#{approval.execution.ordinal}</span>}
          </span>
          <span className="quiet">
            <Age since={approval.requestedAt} />, expires <Until at={approval.expiresAt} />
          </span>
        </span>
      </Link>
    </li>
  );
}

function Detail({ approval }: { readonly approval: ApprovalState }) {
  const link = webAddress(approval.externalEntityLink);
  const execution = approval.execution;
  return (
    <section className={`panel ${classes.detail}`} aria-labelledby="approval">
      <div className="panel-head">
        <h2 id="approval">
          <Link href={`/pipelines/${encodeURIComponent(approval.pipelineName)}`}>{approval.pipelineName}</Link>:{' '}
          {approval.stage} / {approval.action}
        </h2>
        <ExecutionLink id={approval.executionId} ordinal={execution?.ordinal ?? null} />
        <Outcome approval={approval} />
      </div>
      <div className="panel-body">
        {approval.customData === null ? null : <p className={classes.message}>{approval.customData}</p>}
        {link === undefined ? null : (
          <p>
            <a href={link} target="_blank" rel="noreferrer">
              {link}
            </a>
          </p>
        )}
        <dl className="facts">
          <dt>Asked for</dt>
          <dd>
            <Instant at={approval.requestedAt} />
          </dd>
          {approval.status === 'Pending' ? (
            <>
              <dt>Expires</dt>
              <dd>
                <Until at={approval.expiresAt} />
              </dd>
            </>
          ) : null}
          {execution?.sourceRevisions.map(({ actionName, revision }) => (
            <div key={actionName} className={classes.pair}>
              <dt>{actionName}</dt>
              <dd>
                <RevisionText revision={revision} /> <span className="quiet">{nameOf(revision.author ?? '')}</span>
              </dd>
            </div>
          ))}
        </dl>
      </div>
      <LetThrough approval={approval} />
      <VoteForm approval={approval} />
    </section>
  );
}

/** The commits that the last execution which passed this stage did not have. */
function LetThrough({ approval: { execution, stage } }: { readonly approval: ApprovalState }) {
  const { data } = useQuery({
    queryKey: ['commits-since', execution?.id, stage],
    queryFn: ({ signal }) => (execution === null ? undefined : commitsSince(execution, stage, signal)),
    enabled: execution !== null,
    staleTime: Infinity,
  });
  if (data === undefined || data.commits.length === 0) return null;
  return (
    <CommitList
      commits={data.commits}
      title={
        data.since === undefined ? (
          'Would be let through'
        ) : (
          <>
            Would be let through, since <ExecutionLink id={data.since.id} ordinal={data.since.ordinal} />
          </>
        )
      }
    />
  );
}

function Outcome({ approval: { status, statusSince, answer, withdrawnReason } }: { readonly approval: ApprovalState }) {
  if (status === 'Pending') return null;
  return (
    <span className="row-flex spread">
      <StatusText look={status === 'Approved' ? 'succeeded' : status === 'Rejected' ? 'failed' : 'stopped'}>
        {status}
      </StatusText>
      <span className="quiet">
        {answer === null ? withdrawnReason : <ActorText actor={answer.by} />} <Age since={statusSince} /> ago
      </span>
    </span>
  );
}
