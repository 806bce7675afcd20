import { pino, stdSerializers, type DestinationStream, type Logger as PinoLogger } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What belongs to a line beside its sentence. An error goes by the name `error`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A constant sentence and fields: `logger.info({ executionId, durationMs }, 'Execution finished')`. */
export interface Logger {
  debug(fields: LogFields, sentence: string): void;
  info(fields: LogFields, sentence: string): void;
  warn(fields: LogFields, sentence: string): void;
  error(fields: LogFields, sentence: string): void;
  /** Every line of the child carries these fields. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Which process speaks, e.g. `platform`, `runner`. */
  readonly name: string;
  /** One line for people instead of JSON; default: where the destination is a terminal. */
  readonly pretty?: boolean;
  /** Default: standard error, so that standard output stays for what was asked for. */
  readonly destination?: DestinationStream & { readonly isTTY?: boolean };
}

export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};

function nothing(): void {}

export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? process.stderr;
  const pretty = options.pretty ?? destination.isTTY === true;
  const stream = pretty ? { write: (line: string) => destination.write(prettyLine(line)) } : destination;
  const logger: PinoLogger = pino(
    {
      level: options.level,
      base: { name: options.name },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      serializers: { error: stdSerializers.errWithCause },
      messageKey: 'message',
    },
    stream,
  );
  return logger;
}

const LABELS: Readonly<Record<string, string>> = { debug: 'debug', info: 'info ', warn: 'WARN ', error: 'ERROR' };

/** `12:00:00.123 info  Execution finished executionId=7f3a durationMs=12` */
export function prettyLine(line: string): string {
  const { level, time, message, name: _, error, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`,
  );
  const head = [String(time).slice(11, 23), LABELS[String(level)] ?? String(level), String(message), ...words].join(
    ' ',
  );
  const stack = (error as { stack?: string } | undefined)?.stack;
  return `${printable(head)}${stack === undefined ? '' : `\n${stack.split('\n').map(printable).join('\n')}`}\n`;
}

/** What comes from elsewhere must neither move the cursor of somebody's terminal nor look like a line of ours. */
function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
