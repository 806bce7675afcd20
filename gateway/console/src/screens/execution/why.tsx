import { Link } from 'wouter';
import type { ExecutionState } from '../../api/generated/operations.js';
import { ActorText } from '../../parts/actor.js';
import { Age, Instant } from '../../parts/age.js';
import classes from './execution.module.css';

/** Why it started, why it waits, why it ended: in words, with what they are based on. */
export function Why({ execution }: { readonly execution: ExecutionState }) {
  const { trigger, startedBy, waiting, stop, supersededBy, summary } = execution;
  return (
    <section className="panel" aria-labelledby="why">
      <div className="panel-head">
        <h2 id="why">Why</h2>
        <Link href={`/events?execution=${execution.id}`} className="spread">
          Its events
        </Link>
      </div>
      <dl className="facts panel-body">
        <Fact name="Started">
          <Instant at={execution.startedAt} />
        </Fact>
        <Fact name="Because of">
          {trigger.type}: {trigger.detail}
        </Fact>
        <Fact name="By">
          <ActorText actor={startedBy} />
        </Fact>
        <Fact name="Definition">
          <Link
            href={`/pipelines/${encodeURIComponent(execution.pipelineName)}/definition?version=${execution.pipelineVersion}`}
          >
            version {execution.pipelineVersion}
          </Link>
        </Fact>
        {waiting === null ? null : (
          <Fact name="Waits">
            {waiting.explanation}, for <Age since={waiting.since} />
            {waiting.behind === null ? null : (
              <>
                {' '}
                (
                <Link href={`/executions/${waiting.behind}`}>
                  {waiting.behindOrdinal === null ? 'the one inside' : `#${waiting.behindOrdinal}`}
                </Link>
                )
              </>
            )}
          </Fact>
        )}
        {stop === null ? null : (
          <Fact name="Stop">
            <ActorText actor={stop.by} />, <Instant at={stop.at} />
            {stop.abandon ? ', abandoning what ran' : ''}
            {stop.reason === null ? '' : `: ${stop.reason}`}
          </Fact>
        )}
        {supersededBy === null ? null : (
          <Fact name="Superseded by">
            <Link href={`/executions/${supersededBy}`}>a newer execution</Link>
          </Fact>
        )}
        {summary === null ? null : <Fact name="Ended">{summary}</Fact>}
      </dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div className={classes.pair}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
