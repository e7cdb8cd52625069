export { type Backend } from "./backend.ts";
export { type Capabilities } from "./capabilities.ts";
export { type BackendDriver, type DriverListOptions } from "./driver.ts";
export { defineBackend } from "./define-backend.ts";
export {
  errorCodes,
  StoreError,
  type ErrorCodeInfo,
  type StoreErrorCode,
  type StoreErrorContext,
} from "./errors.ts";
export {
  defaultHashAlgorithm,
  makeHasher,
  nodeHashers,
  webCryptoHashers,
  type Hasher,
  type HasherFactory,
  type NodeCrypto,
} from "./hashing.ts";
export { missingItem, type ItemInfo } from "./item-info.ts";
export { checkName, isValidName, maxNameLength, nameProblem } from "./names.ts";
export { checkKeyLength, deletedSuffix, nestName, unnestName } from "./nesting.ts";
export type {
  ByteSource,
  DefragSource,
  DefragTarget,
  DeleteResult,
  ListOptions,
  LoadOptions,
  MoveOptions,
  OperationOptions,
  Quota,
  StoreOptions,
  StreamSource,
} from "./options.ts";
export { mapConcurrently } from "./pool.ts";
export { type BackendProvider } from "./provider.ts";
export { clampRange } from "./range.ts";
export { delay } from "./abort.ts";
export { memory, memoryBackend, type MemoryBackendOptions } from "./memory/memory.ts";
export { MemoryStorage } from "./memory/memory-storage.ts";
