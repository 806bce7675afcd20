import { actionsOf, categoryOf, type DraftPipeline, type PlacedAction } from '../draft.js';
import { shown, type Report } from '../violation.js';

/** The Region of the pipeline itself, as far as a definition tells it: its sources can be nowhere else. */
function homeRegion(pipeline: DraftPipeline): string | undefined {
  return actionsOf(pipeline).find((placed) => categoryOf(placed) === 'Source' && placed.action.region !== undefined)
    ?.action.region;
}

/** Every Region that the definition puts an action into. */
export function regionsOf(pipeline: DraftPipeline): ReadonlySet<string> {
  return new Set(actionsOf(pipeline).flatMap(({ action }) => (action.region === undefined ? [] : [action.region])));
}

export function checkRegions(pipeline: DraftPipeline, report: Report): void {
  checkStores(pipeline, report);
  const home = homeRegion(pipeline);
  for (const placed of actionsOf(pipeline)) {
    if (home === undefined || placed.action.region === undefined || placed.action.region === home) continue;
    if (mustBeAtHome(placed))
      report.add(
        `${placed.at}.region`,
        'InvalidActionDeclaration',
        `Source, ThirdParty and Custom actions run in the Region of the pipeline (${shown(home)}); remove this one.`,
      );
  }
}

function mustBeAtHome(placed: PlacedAction): boolean {
  const { category, owner } = placed.action.actionTypeId ?? {};
  return category === 'Source' || owner === 'ThirdParty' || owner === 'Custom';
}

function checkStores(pipeline: DraftPipeline, report: Report): void {
  const regions = regionsOf(pipeline);
  const { artifactStore, artifactStores } = pipeline;
  if (artifactStore !== undefined && artifactStores !== undefined)
    report.add('artifactStores', 'InvalidStructure', "Give either 'artifactStore' or 'artifactStores', not both.");
  if (artifactStore !== undefined && regions.size > 1)
    report.add(
      'artifactStore',
      'InvalidStructure',
      "Your pipeline contains actions in more than one region. Use 'pipeline.artifactStores' instead of 'pipeline.artifactStore'.",
    );
  if (artifactStores === undefined) return;
  for (const region of regions)
    if (!Object.hasOwn(artifactStores, region))
      report.add(
        'artifactStores',
        'InvalidStructure',
        `Your pipeline must have an artifact store for each Region of its actions. The following region is missing in 'pipeline.artifactStores': ${shown(region)}.`,
      );
}
