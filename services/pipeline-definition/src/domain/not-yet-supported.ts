import { actionsOf, stagesOf, type DraftPipeline } from './draft.js';
import { regionsOf } from './rules/regions.js';
import { element, type Report } from './violation.js';

interface Feature {
  /** Where the definition uses it. */
  readonly usedAt: (pipeline: DraftPipeline) => readonly string[];
  readonly message: string;
}

const gate = (name: 'beforeEntry' | 'onSuccess' | 'onFailure'): Feature['usedAt'] => {
  return (pipeline) =>
    stagesOf(pipeline).flatMap(({ stage, at }) => (stage[name] === undefined ? [] : [`${at}.${name}`]));
};

/**
 * What the model has, the rules already check, and no execution runs yet. Such a definition is refused, never accepted and
 * ignored. An entry goes when the execution learns it; nothing else has to change here.
 */
const NOT_YET: readonly Feature[] = [
  {
    usedAt: ({ executionMode }) => (executionMode === 'QUEUED' ? ['executionMode'] : []),
    message: 'This release does not run pipelines in QUEUED mode yet; use SUPERSEDED.',
  },
  {
    usedAt: ({ executionMode }) => (executionMode === 'PARALLEL' ? ['executionMode'] : []),
    message: 'This release does not run pipelines in PARALLEL mode yet; use SUPERSEDED.',
  },
  {
    usedAt: gate('beforeEntry'),
    message: 'This release does not evaluate conditions before a stage yet; remove beforeEntry.',
  },
  {
    usedAt: gate('onSuccess'),
    message: 'This release does not evaluate conditions on success yet; remove onSuccess.',
  },
  {
    usedAt: gate('onFailure'),
    message: 'This release neither rolls back nor retries a stage by itself yet; remove onFailure, and retry by hand.',
  },
  {
    usedAt: (pipeline) =>
      stagesOf(pipeline).flatMap(({ stage, at }) => ((stage.blockers ?? []).length > 0 ? [`${at}.blockers`] : [])),
    message: 'Blockers are reserved, here as in CodePipeline, and do nothing; disable the transition instead.',
  },
  {
    usedAt: ({ triggers = [] }) => triggers.map((_, index) => element('triggers', index)),
    message:
      'This release does not start pipelines by filtered triggers yet; remove it: the source action watches its branch.',
  },
  {
    usedAt: (pipeline) => (regionsOf(pipeline).size > 1 ? ['stages'] : []),
    message: 'This release runs all actions of a pipeline in one place; name one Region only, or none.',
  },
  {
    usedAt: (pipeline) =>
      actionsOf(pipeline).flatMap(({ action, at }) =>
        (action.environmentVariables ?? []).flatMap((variable, index) =>
          variable?.type === 'SECRETS_MANAGER' ? [`${element(`${at}.environmentVariables`, index)}.type`] : [],
        ),
      ),
    message: "This release does not read secrets yet; let the runner's own environment provide it.",
  },
];

export function refuseNotYetSupported(pipeline: DraftPipeline, report: Report): void {
  for (const { usedAt, message } of NOT_YET)
    for (const path of usedAt(pipeline)) report.add(path, 'NOT_YET_SUPPORTED', message);
}
