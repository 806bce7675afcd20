/** An address from elsewhere as a link; undefined where it is not http or https. */
export function webAddress(text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || !URL.canParse(text)) return undefined;
  return /^https?:$/.test(new URL(text).protocol) ? text : undefined;
}

export function errorText(error: unknown): string {
  return Error.isError(error) ? error.message : String(error);
}

/** `Ada Lovelace <ada@example.org>`: the name is enough to the eye. */
export function nameOf(author: string): string {
  return author.replace(/ *<[^<>]*>$/, '') || author;
}
