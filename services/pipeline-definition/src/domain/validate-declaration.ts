import type { PipelineDeclaration } from '@millrace/contracts/pipeline-definition';
import type { DraftPipeline } from './draft.js';
import { declarationShape } from './model/declaration-shape.js';
import { guardJson, isObject } from './model/json-guard.js';
import { reportUnknown } from './model/shape.js';
import { normalise } from './normalise.js';
import { noticesOf, type Notice } from './notices.js';
import { refuseNotYetSupported } from './not-yet-supported.js';
import { checkActions } from './rules/actions.js';
import { checkArtifacts } from './rules/artifacts.js';
import { checkConditions } from './rules/conditions.js';
import { checkRegions } from './rules/regions.js';
import { checkStages } from './rules/stages.js';
import { checkTriggers } from './rules/triggers.js';
import { checkVariables } from './rules/variables.js';
import { Violations, type Report, type Violation } from './violation.js';

export type Validation =
  | { readonly ok: true; readonly declaration: PipelineDeclaration; readonly notices: readonly Notice[] }
  | { readonly ok: false; readonly violations: readonly Violation[] };

/**
 * Everything that is wrong with a definition, at once; or its normalised form with what its author should know.
 * Never throws. Accepts the bare declaration, `{ pipeline }` and `{ pipeline, metadata }`; paths begin at the declaration.
 */
export function validateDeclaration(input: unknown): Validation {
  const violations = new Violations();
  if (!guardJson(input, violations)) return { ok: false, violations: violations.list() };
  const declared = unwrap(input, violations);
  const draft = declared === undefined ? undefined : readDraft(declared, violations);
  if (draft === undefined || !violations.empty) return { ok: false, violations: violations.list() };
  const declaration = normalise(draft);
  return { ok: true, declaration, notices: noticesOf(declaration) };
}

function readDraft(declared: unknown, report: Report): DraftPipeline | undefined {
  const draft = declarationShape.read(declared, '', report);
  if (draft === undefined) return undefined;
  for (const check of CHECKS) check(draft, report);
  return draft;
}

/** In the order in which their findings are shown. */
const CHECKS: readonly ((pipeline: DraftPipeline, report: Report) => void)[] = [
  checkStages,
  checkActions,
  checkArtifacts,
  checkVariables,
  checkConditions,
  checkTriggers,
  checkRegions,
  refuseNotYetSupported,
];

/** The declaration itself, out of what `get-pipeline` prints. */
function unwrap(input: unknown, report: Report): unknown {
  if (input === null || input === undefined) {
    report.add('', 'Validation', 'The definition is empty.');
    return undefined;
  }
  if (!isObject(input) || !Object.hasOwn(input, 'pipeline')) return input;
  reportUnknown(Object.keys(input), ['pipeline', 'metadata'], { at: '', report });
  const { pipeline } = input;
  if (pipeline === null || pipeline === undefined)
    report.add('pipeline', 'Validation', 'Is missing and must be given.');
  return pipeline ?? undefined;
}
