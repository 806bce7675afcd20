import type { IndexDeclaration } from '../read-models.js';

/** Names become identifiers of SQL, which know no case: `byStage` is `by_stage`, and no other name is. */
function identifier(name: string): string {
  return name.replaceAll('-', '_').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function tableName(collection: string, generation: number): string {
  return `documents_${identifier(collection)}_${generation}`;
}

export function column(index: IndexDeclaration): string {
  return `entry_${identifier(index.name)}`;
}

export function indexName(table: string, index: IndexDeclaration): string {
  return `${table}_${identifier(index.name)}`;
}
