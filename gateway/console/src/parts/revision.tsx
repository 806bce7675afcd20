import type { Revision } from '../api/generated/operations.js';
import { webAddress } from '../api/text.js';

/** A commit: its short id, linked where its remote has a page for it, and the first line of its message. */
export function RevisionText({ revision }: { readonly revision: Revision }) {
  const address = webAddress(revision.url);
  const id = <span className="code">{revision.revisionId.slice(0, 7)}</span>;
  return (
    <span title={`${revision.revisionId}\n${revision.summary ?? ''}\n${revision.author ?? ''}`}>
      {address === undefined ? (
        id
      ) : (
        <a href={address} target="_blank" rel="noreferrer">
          {id}
        </a>
      )}
      {revision.summary === null ? null : <> {revision.summary}</>}
    </span>
  );
}
