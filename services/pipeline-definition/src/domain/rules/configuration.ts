import type { ActionType, ActionTypeProperty, PropertyCheck } from '@millrace/contracts/pipeline-definition';
import { called, type DraftAction, type PlacedAction } from '../draft.js';
import { isObject } from '../model/json-guard.js';
import { didYouMean } from '../nearest.js';
import { member, shown, type Report, type ViolationCode } from '../violation.js';

type Values = Readonly<Record<string, string | undefined>>;

/** Keys against the catalogue, then the values of known keys. A value is never quoted in a message: it may be somebody's secret. */
export function checkConfiguration(placed: PlacedAction, type: ActionType, report: Report): void {
  refuseUnknownKeys(placed, type, report);
  const { action, at } = placed;
  const values: Values = action.configuration ?? {};
  for (const property of type.properties) {
    const path = member(`${at}.configuration`, property.name);
    const value = values[property.name];
    if (Object.hasOwn(values, property.name)) {
      if (value !== undefined) checkValue({ action, property, value, path, report });
      continue;
    }
    const needed = property.required ? missing(action, property.name) : missingForSeveral(action, property);
    if (needed !== undefined) report.add(path, 'InvalidActionDeclaration', needed);
  }
}

function refuseUnknownKeys({ action, at }: PlacedAction, type: ActionType, report: Report): void {
  const names = type.properties.map(({ name }) => name);
  const known = names.length === 0 ? '' : ` Known are: ${names.join(', ')}.`;
  for (const key of Object.keys(action.configuration ?? {}).filter((given) => !names.includes(given)))
    report.add(
      member(`${at}.configuration`, key),
      'InvalidActionDeclaration',
      () =>
        `Action configuration for ${quoted(action)} contains unknown configuration '${shown(key)}'.${didYouMean(key, names) || known}`,
    );
}

function quoted(action: DraftAction): string {
  return `action '${shown(action.name ?? '')}'`;
}

function missing(action: DraftAction, key: string): string {
  return `Action configuration for ${quoted(action)} is missing required configuration '${key}'.`;
}

/** Which of several inputs is meant can't be guessed. */
function missingForSeveral(action: DraftAction, property: ActionTypeProperty): string | undefined {
  const inputs = action.inputArtifacts?.length ?? 0;
  if (property.check?.kind !== 'inputArtifact' || inputs < 2) return undefined;
  return `${called(action)} has ${inputs} input artifacts: name one of them in '${property.name}'.`;
}

interface Value {
  readonly action: DraftAction;
  readonly property: ActionTypeProperty;
  readonly value: string;
  readonly path: string;
  readonly report: Report;
}

function checkValue({ action, property, value, path, report }: Value): void {
  // What a reference stands for is known when the action starts; the runner checks again.
  if (property.check === undefined || value.includes('#{')) return;
  const wrong = findWrong(property.check, value, action);
  if (wrong !== undefined) report.add(path, wrong.code, `'${property.name}' ${wrong.message}.`);
}

interface Wrong {
  readonly code: ViolationCode;
  readonly message: string;
}

const invalid = (message: string): Wrong => ({ code: 'InvalidActionDeclaration', message });

function findWrong(check: PropertyCheck, value: string, action: DraftAction): Wrong | undefined {
  switch (check.kind) {
    case 'oneOf':
      return check.values.includes(value) ? undefined : invalid(`must be ${check.values.join(' or ')}`);
    case 'integer':
      return isInteger(value, check) ? undefined : invalid(`must be a whole number from ${check.min} to ${check.max}`);
    case 'pattern':
      return new RegExp(`^(?:${check.pattern})$`, 'u').test(value) ? undefined : invalid(`must be ${check.expected}`);
    case 'inputArtifact':
      return isInput(value, action)
        ? undefined
        : invalid('must be the name of one of the input artifacts of the action');
    case 'environmentVariables':
      return wrongEnvironment(value);
    case 'topicArn':
      return wrongTopic(value, action);
  }
}

function isInteger(value: string, { min, max }: { readonly min: number; readonly max: number }): boolean {
  return /^[0-9]{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max;
}

function isInput(value: string, action: DraftAction): boolean {
  return (action.inputArtifacts ?? []).some((artifact) => artifact?.name === value);
}

const ENVIRONMENT_TYPES = ['PLAINTEXT', 'PARAMETER_STORE', 'SECRETS_MANAGER'];

function wrongEnvironment(value: string): Wrong | undefined {
  const expected = 'must be a JSON array of {"name": "…", "value": "…"}, as one text';
  let entries: unknown;
  try {
    entries = JSON.parse(value);
  } catch {
    return invalid(expected);
  }
  if (!Array.isArray(entries)) return invalid(expected);
  return entries.map(wrongVariable).find((wrong) => wrong !== undefined);
}

function wrongVariable(entry: unknown, index: number): Wrong | undefined {
  if (!isObject(entry)) return invalid(`must hold objects only; entry ${index + 1} is none`);
  const { name, value, type = 'PLAINTEXT', ...others } = entry;
  if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name))
    return invalid(`needs in entry ${index + 1} a name of letters, digits and "_" that begins with no digit`);
  if (typeof value !== 'string') return invalid(`needs in entry ${index + 1} a value in quotes`);
  if (typeof type !== 'string' || !ENVIRONMENT_TYPES.includes(type))
    return invalid(`has in entry ${index + 1} a type that is none of ${ENVIRONMENT_TYPES.join(', ')}`);
  if (Object.keys(others).length > 0)
    return invalid(`may hold name, value and type only; entry ${index + 1} holds more`);
  if (type === 'PLAINTEXT') return undefined;
  return {
    code: 'NOT_YET_SUPPORTED',
    message: `has in entry ${index + 1} the type ${type}: this release does not read secrets yet`,
  };
}

const ARN = /^arn:aws(?:-[a-z]+)*:([a-z0-9-]+):([a-z0-9-]*):([0-9]{12}):([^\s]+)$/;

/** As CodePipeline words it. The topic's Region is not compared: there is no SNS here, and the value has no effect. */
function wrongTopic(value: string, action: DraftAction): Wrong | undefined {
  const name = shown(action.name ?? '');
  const [, service] = ARN.exec(value) ?? [];
  if (service === undefined)
    return invalid(
      `holds an ARN for sending notifications for the approval action ${name} that contains a format error`,
    );
  if (service === 'sns') return undefined;
  return invalid(
    `has been specified for sending notifications for the approval action ${name}, but the AWS service for this ARN cannot be used to send approval requests`,
  );
}
