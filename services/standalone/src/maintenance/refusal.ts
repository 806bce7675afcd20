import { isOperational } from '@millrace/runtime';

export type RefusalCode =
  | 'NO_DATA'
  | 'LOCKED'
  | 'NEWER_FORMAT'
  | 'NOT_EMPTY'
  | 'NO_BACKUP'
  | 'DAMAGED'
  | 'UNKNOWN_PROJECTION'
  | 'BAD_CURSOR'
  | 'CURSOR_FROM_ANOTHER_LOG';

/** A person can mend it: the sentence says how. Recognised by its name across copies of this module. */
export class MaintenanceRefusal extends Error {
  override readonly name = 'MaintenanceRefusal';

  constructor(
    readonly code: RefusalCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

const REFUSALS: Readonly<Record<string, RefusalCode>> = {
  NO_LOG: 'NO_DATA',
  DATA_IN_USE: 'LOCKED',
  DATA_TOO_NEW: 'NEWER_FORMAT',
  LOG_DAMAGED: 'DAMAGED',
  READ_MODELS_DAMAGED: 'DAMAGED',
};

/** What an engine says of the data, as a refusal; everything else as it is. */
export async function asRefusal<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = isOperational(error) ? REFUSALS[error.code] : undefined;
    if (code === undefined || !Error.isError(error)) throw error;
    throw new MaintenanceRefusal(code, error.message, error);
  }
}
