/** What the runner says about itself. A constant sentence plus fields (style, section 8); pino fits as it is. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** JSON Lines, one object a line, on the given stream. */
export function jsonLinesLogger(stream: { write(line: string): unknown }): Logger {
  const at = (level: string) => (fields: object, message: string) => {
    stream.write(`${JSON.stringify({ level, time: new Date().toISOString(), message, ...fields })}\n`);
  };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}
