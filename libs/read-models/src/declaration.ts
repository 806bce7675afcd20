import type { CollectionDeclaration, DocumentWrite, IndexDeclaration, PageRequest } from './read-models.js';

/** 8 MB: what one document may take, in every adapter. */
const DOCUMENT_BYTES_MAX = 8_000_000;
const ID_CHARACTERS_MAX = 512;
const PAGE_DOCUMENTS_MAX = 500;

const COLLECTION_NAME = /^[a-z][a-z-]*$/;
const INDEX_NAME = /^[a-z][a-zA-Z0-9]*$/;
const FIELD = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/** @throws RangeError for what the port does not allow. Names go into the engines' own, so nothing else may pass. */
export function checkDeclaration({ name, indexes }: CollectionDeclaration): void {
  if (!COLLECTION_NAME.test(name)) throw new RangeError(`"${name}" is no name of a collection.`);
  const names = new Set<string>();
  for (const index of indexes) {
    if (!INDEX_NAME.test(index.name) || names.has(index.name))
      throw new RangeError(`"${index.name}" is no name of an index of ${name}, or it is there twice.`);
    names.add(index.name);
    if (!index.fields.every((field) => FIELD.test(field)))
      throw new RangeError(`Index ${index.name} of ${name} needs fields with plain names.`);
  }
}

/** What makes an index another one, whatever its name. */
export function canonical(index: IndexDeclaration): readonly [string, readonly string[], boolean] {
  return [index.name, index.fields, index.sparse === true];
}

/**
 * The document as JSON text; undefined when it is to be removed.
 *
 * @throws RangeError for a document or an id that the port does not allow.
 */
export function encodeDocument({ collection, id, document }: DocumentWrite): string | undefined {
  if (id.length === 0 || id.length > ID_CHARACTERS_MAX || id.includes('\0'))
    throw new RangeError(`A document's id has 1 to ${ID_CHARACTERS_MAX} characters and no NUL.`);
  if (document === undefined) return undefined;
  const json = JSON.stringify(document);
  const bytes = Buffer.byteLength(json);
  if (bytes > DOCUMENT_BYTES_MAX)
    throw new RangeError(`Document ${id} of ${collection} has ${bytes} bytes, ${DOCUMENT_BYTES_MAX} are allowed.`);
  return json;
}

/** @throws RangeError when the index is not declared, or the page is out of range. */
export function indexOfPage(
  declaration: CollectionDeclaration,
  { index: name, equals, limit }: PageRequest,
): IndexDeclaration {
  const index = declaration.indexes.find((candidate) => candidate.name === name);
  if (index === undefined) throw new RangeError(`Collection ${declaration.name} declares no index ${name}.`);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_DOCUMENTS_MAX)
    throw new RangeError(`A page has 1 to ${PAGE_DOCUMENTS_MAX} documents, not ${limit}.`);
  if (equals.length > index.fields.length)
    throw new RangeError(`Index ${name} has ${index.fields.length} fields, not ${equals.length}.`);
  return index;
}
