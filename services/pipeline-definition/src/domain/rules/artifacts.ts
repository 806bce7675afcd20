import { actionsOf, called, isBefore, stagesOf, type DraftPipeline, type Moment, type PlacedAction } from '../draft.js';
import { didYouMean } from '../nearest.js';
import { element, shown, type Report } from '../violation.js';
import { conditionRulesOf } from './conditions.js';

interface Producer extends Moment {
  readonly placed: PlacedAction;
}

/** Output names are unique; every input comes from an action that is over when its consumer starts. Hence no cycles. */
export function checkArtifacts(pipeline: DraftPipeline, report: Report): void {
  const producers = findProducers(pipeline, report);
  for (const placed of actionsOf(pipeline)) {
    for (const [index, input] of (placed.action.inputArtifacts ?? []).entries())
      checkInput(input?.name, {
        consumer: called(placed.action),
        at: `${element(`${placed.at}.inputArtifacts`, index)}.name`,
        moment: placed,
        producers,
        report,
      });
  }
  for (const { rule, at, moment } of stagesOf(pipeline).flatMap(conditionRulesOf)) {
    for (const [index, input] of (rule.inputArtifacts ?? []).entries())
      checkInput(input?.name, {
        consumer: `Rule '${shown(rule.name ?? '')}'`,
        at: `${element(`${at}.inputArtifacts`, index)}.name`,
        moment,
        producers,
        report,
      });
  }
}

function findProducers(pipeline: DraftPipeline, report: Report): ReadonlyMap<string, Producer> {
  const producers = new Map<string, Producer>();
  for (const placed of actionsOf(pipeline)) {
    for (const [index, output] of (placed.action.outputArtifacts ?? []).entries()) {
      if (output?.name === undefined) continue;
      if (producers.has(output.name))
        report.add(
          `${element(`${placed.at}.outputArtifacts`, index)}.name`,
          'InvalidActionDeclaration',
          `Output Artifact Bundle name must be unique within the pipeline. ${shown(output.name)} has been used more than once; give this one another name.`,
        );
      else producers.set(output.name, { placed, stageIndex: placed.stageIndex, runOrder: placed.runOrder });
    }
  }
  return producers;
}

interface Input {
  readonly consumer: string;
  readonly at: string;
  readonly moment: Moment;
  readonly producers: ReadonlyMap<string, Producer>;
  readonly report: Report;
}

function checkInput(name: string | undefined, { consumer, at, moment, producers, report }: Input): void {
  if (name === undefined) return;
  const producer = producers.get(name);
  if (producer !== undefined && isBefore(producer, moment)) return;
  const why = () =>
    producer === undefined
      ? didYouMean(name, producers.keys())
      : ` ${called(producer.placed.action)} of stage '${shown(producer.placed.stage.name ?? '')}' produces it, but is not over by then: move it to an earlier stage or give it a lower runOrder.`;
  report.add(
    at,
    'InvalidActionDeclaration',
    () =>
      `Input Artifact Bundle ${shown(name)} in ${consumer} is not declared as Output Artifact Bundle in any of the preceding actions.${why()}`,
  );
}
