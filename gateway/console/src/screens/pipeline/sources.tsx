import type { PipelineState } from '../../api/generated/operations.js';
import { Age } from '../../parts/age.js';
import { RevisionText } from '../../parts/revision.js';
import { StatusMark } from '../../parts/status-mark.js';
import classes from './pipeline.module.css';

/** Each remote: what was seen last, and whether looking at it works. */
export function Sources({ pipeline }: { readonly pipeline: PipelineState }) {
  return (
    <ul className={classes.sources} aria-label="Sources">
      {pipeline.sources.map((source) => (
        <li key={source.actionName} className={source.healthy ? undefined : classes.ill}>
          <StatusMark look={source.healthy ? 'succeeded' : 'failed'} label={source.healthy ? 'Works' : 'Fails'} />
          <strong>{source.actionName}</strong>
          {source.revision === null ? (
            <span className="quiet">nothing seen yet</span>
          ) : (
            <RevisionText revision={source.revision} />
          )}
          {source.seenAt === null ? null : (
            <span className="quiet">
              seen <Age since={source.seenAt} /> ago
            </span>
          )}
          {source.error === null ? null : (
            <span className={classes.why}>
              {source.error.message}
              {source.healthSince === null ? null : (
                <>
                  {' '}
                  (for <Age since={source.healthSince} />)
                </>
              )}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
