export { FilesObjectStore } from './files-object-store.js';
export type { FilesObjectStoreOptions } from './files-object-store.js';
