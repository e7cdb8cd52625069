/** What is used of Node's `Buffer`, where there is one. */
interface UninitializedMemory {
  allocUnsafeSlow(byteLength: number): Uint8Array<ArrayBuffer>;
}

/**
 * Memory of its own, not shared with anything, that need not be zeroed (it is, where only the standard can be had). For
 * values that will be written to their last byte before anybody sees them: what was not written may hold anything,
 * secrets of this process too, and must not get out.
 *
 * @param byteLength an integer from 0
 */
export function uninitializedBytes(byteLength: number): Uint8Array<ArrayBuffer> {
  const { Buffer: memory } = globalThis as { readonly Buffer?: UninitializedMemory };
  if (memory === undefined) return new Uint8Array(byteLength);
  return new Uint8Array(memory.allocUnsafeSlow(byteLength).buffer);
}
