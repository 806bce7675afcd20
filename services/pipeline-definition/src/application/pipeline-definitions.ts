import { refuse, type Refused } from '@millrace/decider';
import { streams, type JsonObject } from '@millrace/contracts';
import { pipelineEventTypes, type PipelineRefusal } from '@millrace/contracts/pipeline-definition';
import {
  commandHandler,
  type CommandHandlerOptions,
  type Envelope,
  type EventStore,
  type Snapshots,
} from '@millrace/event-store';
import type { CommandReceiver, CommandReply } from '@millrace/messaging';
import type { Clock } from '@millrace/runtime';
import { pipelineDecider, type PipelineDecisionCommand } from '../domain/pipeline.decider.js';
import { checkTags } from '../domain/tags.js';
import { validateDeclaration, type Validation } from '../domain/validate-declaration.js';
import {
  createPipelineInput,
  deletePipelineInput,
  readInput,
  updatePipelineInput,
  type Read,
} from './command-input.js';
import { definitionReader, type DefinitionReader } from './definition-reader.js';

/** The streams `pipeline-` never end (docs/decisions/0004). */
const COMMAND_IDS_MAX = 10_000;

export interface PipelineDefinitionsOptions {
  readonly store: EventStore;
  readonly clock: Clock;
  /** A snapshot every 500 events of a pipeline; default: none, a stream is read from its beginning. */
  readonly snapshots?: Snapshots;
  /** Named places where a test can end the process. */
  readonly fault?: NonNullable<CommandHandlerOptions<never, never, never, never>['fault']>;
}

export interface PipelineDefinitions {
  /** For the target `pipeline-definition`: `CreatePipeline`, `UpdatePipeline`, `DeletePipeline`. Checks everything, trusts nothing. */
  readonly receive: CommandReceiver;
  readonly definitions: DefinitionReader;
  /** What `CreatePipeline` and `UpdatePipeline` would say about a definition, without one. */
  readonly validate: (declaration: unknown) => Validation;
}

/** What stands between the sentence of a client and the rules. */
interface Prepared {
  /** The name that keys the stream. */
  readonly name: string;
  /** For the metadata of its events. */
  readonly pipelineId: string | undefined;
  readonly command: Pick<PipelineDecisionCommand, 'type' | 'data'>;
}

type Preparation = Promise<Read<Prepared>>;

export function pipelineDefinitions(options: PipelineDefinitionsOptions): PipelineDefinitions {
  const { store } = options;
  const definitions = definitionReader({ store });
  const handle = commandHandler({
    ...options,
    decider: pipelineDecider,
    types: pipelineEventTypes,
    commandIdsMax: COMMAND_IDS_MAX,
  });

  const receive = async (
    { type, data }: { readonly type: string; readonly data: JsonObject },
    envelope: Envelope,
  ): Promise<CommandReply> => {
    const prepared = await prepare(type, data, { project: envelope.project, definitions });
    if (!prepared.ok) return prepared.refusal;
    const { name, pipelineId, command } = prepared.data;
    const stream = streams.pipeline(envelope.project, name);
    return handle(command, { ...envelope, stream, ...(pipelineId === undefined ? {} : { pipelineId }) });
  };
  return { receive, definitions, validate: validateDeclaration };
}

interface Place {
  readonly project: string;
  readonly definitions: DefinitionReader;
}

async function prepare(type: string, data: JsonObject, place: Place): Preparation {
  switch (type) {
    case 'CreatePipeline':
      return prepareCreate(data);
    case 'UpdatePipeline':
      return prepareUpdate(data, place);
    case 'DeletePipeline':
      return prepareDelete(data, place);
    default:
      return refused(refuse('INVALID_COMMAND', `There is no command '${type}' here.`));
  }
}

function refused(refusal: Refused<PipelineRefusal>): Read<never> {
  return { ok: false, refusal };
}

function invalid(validation: Extract<Validation, { ok: false }>): Read<never> {
  const count = validation.violations.length;
  const message = `The definition breaks ${count === 1 ? 'a rule' : `${count} rules`}.`;
  return refused(refuse('INVALID_DEFINITION', message, validation.violations));
}

async function prepareCreate(data: JsonObject): Preparation {
  const input = readInput(createPipelineInput, data);
  if (!input.ok) return input;
  const { pipelineId, tags = [] } = input.data;
  const validation = validateDeclaration(input.data.declaration);
  if (!validation.ok) return invalid(validation);
  const wrongTags = checkTags(tags);
  if (wrongTags.length > 0) return refused(refuse('INVALID_TAGS', 'The tags break rules.', wrongTags));
  const { declaration } = validation;
  return {
    ok: true,
    data: {
      name: declaration.name,
      pipelineId,
      command: { type: 'CreatePipeline', data: { pipelineId, declaration, tags } },
    },
  };
}

async function prepareUpdate(data: JsonObject, { project, definitions }: Place): Preparation {
  const input = readInput(updatePipelineInput, data);
  if (!input.ok) return input;
  const validation = validateDeclaration(input.data.declaration);
  if (!validation.ok) return invalid(validation);
  const { declaration } = validation;
  const { name = declaration.name, expectedVersion } = input.data;
  if (name !== declaration.name)
    return refused(
      refuse(
        'PIPELINE_NAME_FIXED',
        `The definition is named '${declaration.name}', the pipeline '${name}'; a name never changes. Create a new pipeline instead.`,
      ),
    );
  const pipelineId = (await definitions.head(project, name))?.pipelineId;
  const expected = expectedVersion === undefined ? {} : { expectedVersion };
  return {
    ok: true,
    data: { name, pipelineId, command: { type: 'UpdatePipeline', data: { pipelineId, declaration, ...expected } } },
  };
}

async function prepareDelete(data: JsonObject, { project, definitions }: Place): Preparation {
  const input = readInput(deletePipelineInput, data);
  if (!input.ok) return input;
  const { name } = input.data;
  const pipelineId = (await definitions.head(project, name))?.pipelineId;
  return { ok: true, data: { name, pipelineId, command: { type: 'DeletePipeline', data: { pipelineId } } } };
}
