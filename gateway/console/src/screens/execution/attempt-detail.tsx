import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ExecutionState } from '../../api/generated/operations.js';
import { webAddress } from '../../api/text.js';
import { Instant, Took, Until } from '../../parts/age.js';
import { ErrorNote } from '../../parts/notes.js';
import { RevisionText } from '../../parts/revision.js';
import { ArtifactItem } from './artifact-item.js';
import classes from './execution.module.css';

type Action = ExecutionState['stages'][number]['actions'][number];
type Attempt = Action['attempts'][number];

interface AttemptDetailProps {
  readonly execution: ExecutionState;
  readonly stage: string;
  readonly action: Action;
  readonly attempt: Attempt;
}

/** All that is known of one attempt of an action. */
export function AttemptDetail({ execution, stage, action, attempt }: AttemptDetailProps) {
  return (
    <section className="panel" aria-labelledby="attempt">
      <div className="panel-head">
        <h2 id="attempt">
          {stage} / {action.name}
          {action.attempts.length > 1 ? `, attempt ${attempt.attempt}` : ''}
        </h2>
        <span className="quiet">
          {action.actionTypeId.category} {action.actionTypeId.provider}
        </span>
        {attempt.log === null ? null : (
          <Link href={`/executions/${execution.id}/log/${attempt.id}`} className="spread">
            Output
          </Link>
        )}
        {attempt.approval?.token ? (
          <Link href={`/approvals?id=${attempt.id}`} className="spread">
            Answer it
          </Link>
        ) : null}
      </div>
      <div className={`panel-body ${classes.detail}`}>
        <ErrorNote>{attempt.error === null ? undefined : `${attempt.error.code}: ${attempt.error.message}`}</ErrorNote>
        <Course attempt={attempt} />
        <Values title="Configuration" values={configurationOf(attempt)} />
        <Values title="Output variables" values={attempt.outputVariables} />
        <Files title="Takes" artifacts={attempt.inputArtifacts} />
        <Files title="Makes" artifacts={attempt.outputArtifacts} />
        <Jobs attempt={attempt} />
      </div>
    </section>
  );
}

function Course({ attempt }: { readonly attempt: Attempt }) {
  const { answer } = attempt.approval ?? { answer: null };
  return (
    <dl className="facts">
      <Fact name="Summary">{attempt.summary}</Fact>
      <Fact name="Began">
        <Instant at={attempt.startedAt} />
      </Fact>
      <Fact name="Took">
        <Took from={attempt.startedAt} to={attempt.finishedAt} />
      </Fact>
      <Fact name="Fails by itself">{attempt.finishedAt === null ? <Until at={attempt.dueAt} /> : null}</Fact>
      <Fact name="Revision">{attempt.revision === null ? null : <RevisionText revision={attempt.revision} />}</Fact>
      <Fact name="Runner">{attempt.runnerId}</Fact>
      <Fact name="Answered by">{answer === null ? null : answer.by.name}</Fact>
      <Fact name="Comment">{answer === null ? null : answer.summary}</Fact>
      {attempt.externalExecutionId === null && attempt.externalExecutionUrl === null ? null : (
        <Fact name="At the provider">
          <AtTheProvider attempt={attempt} />
        </Fact>
      )}
    </dl>
  );
}

/** Nothing where there is nothing to say. */
function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  if (children === null || children === '') return null;
  return (
    <div className={classes.pair}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function AtTheProvider({ attempt: { externalExecutionId: id, externalExecutionUrl } }: { readonly attempt: Attempt }) {
  const link = webAddress(externalExecutionUrl);
  if (link === undefined) return id ?? '–';
  return (
    <a href={link} target="_blank" rel="noreferrer">
      {id ?? link}
    </a>
  );
}

interface NamedValue {
  readonly name: string;
  readonly value: string;
}

function configurationOf({ configuration }: Attempt): readonly NamedValue[] {
  return Object.entries((configuration ?? {}) as Record<string, unknown>).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
}

function Values({ title, values }: { readonly title: string; readonly values: readonly NamedValue[] }) {
  if (values.length === 0) return null;
  return (
    <div>
      <h3>{title}</h3>
      <dl className="facts code">
        {values.map(({ name, value }) => (
          <div key={name} className={classes.pair}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Files({ title, artifacts }: { readonly title: string; readonly artifacts: Attempt['inputArtifacts'] }) {
  if (artifacts.length === 0) return null;
  return (
    <div>
      <h3>{title}</h3>
      <ul className={classes.list}>
        {artifacts.map((artifact) => (
          <ArtifactItem key={artifact.name} artifact={artifact} />
        ))}
      </ul>
    </div>
  );
}

/** Only where there is more to say than that one runner took it. */
function Jobs({ attempt: { jobs } }: { readonly attempt: Attempt }) {
  if (jobs.length < 2 && (jobs[0]?.labels.length ?? 0) === 0) return null;
  return (
    <div>
      <h3>Offers to runners</h3>
      <ol className={classes.jobs}>
        {jobs.map((job) => (
          <li key={job.id}>
            {job.status} {job.labels.length > 0 ? `[${job.labels.join(', ')}] ` : ''}
            <span className="quiet">
              {job.runnerId ?? 'no runner'}
              {job.reason === null ? '' : `: ${job.reason}`}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}
