import { useQuery } from '@tanstack/react-query';
import type { ExecutionState } from '../../api/generated/operations.js';
import { nameOf } from '../../api/text.js';
import { Age } from '../../parts/age.js';
import { ExecutionLink } from '../../parts/execution-link.js';
import { RevisionText } from '../../parts/revision.js';
import { commitsSince } from './commits-since.js';
import classes from './execution.module.css';

/** What it carries, and what of that is new since the last one that went all the way. */
export function Changes({ execution }: { readonly execution: ExecutionState }) {
  const carried = execution.sourceRevisions.map(({ revision }) => revision.revisionId).join();
  const { data } = useQuery({
    queryKey: ['commits-since', execution.id, carried],
    queryFn: ({ signal }) => commitsSince(execution, undefined, signal),
    enabled: execution.sourceRevisions.length > 0,
    staleTime: Infinity,
  });
  return (
    <section className="panel" aria-labelledby="changes">
      <div className="panel-head">
        <h2 id="changes">Change</h2>
      </div>
      <ul className={classes.list}>
        {execution.sourceRevisions.length === 0 ? (
          <li className="quiet">Its sources have brought nothing yet.</li>
        ) : null}
        {execution.sourceRevisions.map(({ actionName, revision }) => (
          <li key={actionName}>
            <span className="quiet">{actionName}</span> <RevisionText revision={revision} />
            {revision.author === null ? null : <span className="quiet"> {nameOf(revision.author)}</span>}
          </li>
        ))}
      </ul>
      {data === undefined || data.commits.length === 0 ? null : (
        <CommitList
          commits={data.commits}
          title={
            data.since === undefined ? (
              'New in it'
            ) : (
              <>
                New since the last release <ExecutionLink id={data.since.id} ordinal={data.since.ordinal} />
              </>
            )
          }
        />
      )}
    </section>
  );
}

interface CommitListProps {
  readonly commits: readonly {
    readonly id: string;
    readonly summary: string;
    readonly author: string;
    readonly committedAt: string;
  }[];
  readonly title: React.ReactNode;
}

export function CommitList({ commits, title }: CommitListProps) {
  return (
    <div className={classes.commits}>
      <h3>
        {title} <span className="quiet figures">({commits.length})</span>
      </h3>
      <ul>
        {commits.map((commit) => (
          <li key={commit.id}>
            <span className="code">{commit.id.slice(0, 7)}</span> <span>{commit.summary}</span>{' '}
            <span className="quiet">
              {nameOf(commit.author)}, <Age since={commit.committedAt} /> ago
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
