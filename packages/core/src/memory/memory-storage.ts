/** One object in memory. */
export interface MemoryObject {
  readonly value: Uint8Array<ArrayBuffer>;
  readonly modifiedAtMs: number;
  accessedAtMs: number;
}

/**
 * The medium of memory backends: what stays when a backend is closed. Several backends over one storage see each
 * other's objects, as several clients of one server do.
 */
export class MemoryStorage {
  exists = false;
  readonly objects: Map<string, MemoryObject> = new Map<string, MemoryObject>();
  readonly directories: Set<string> = new Set<string>();
}
