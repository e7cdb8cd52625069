export { type Backend } from "./backend.ts";
export { type Capabilities } from "./capabilities.ts";
export type { Awaitable, BackendDriver, DriverListOptions } from "./driver.ts";
export { defineBackend } from "./define-backend.ts";
export { ContentInDoubt } from "./durability/content-in-doubt.ts";
export { Durability, type DurabilityOption } from "./durability/durability.ts";
export { type Syncer } from "./durability/syncer.ts";
export {
  errorCodes,
  StoreError,
  type ErrorCodeInfo,
  type StoreErrorCode,
  type StoreErrorContext,
} from "./errors.ts";
export { forEachConcurrently } from "./for-each-concurrently.ts";
export {
  defaultHashAlgorithm,
  makeHasher,
  nodeHashers,
  webCryptoHashers,
  type Hasher,
  type HasherFactory,
  type NodeCrypto,
} from "./hashing.ts";
export { copyError } from "./copy-error.ts";
export { bodyPieces } from "./http/body-pieces.ts";
export {
  parseContentRange,
  partOfAnswer,
  rangeHeader,
  wantedRange,
  type AnsweredRange,
  type WantedRange,
} from "./http/byte-range.ts";
export { readBody, wrongLength, type Body, type BodyPart, type ReadBodyOptions } from "./http/read-body.ts";
export {
  Requests,
  type Classify,
  type Destroyable,
  type Exchange,
  type RequestLimits,
  type RequestOptions,
} from "./http/requests.ts";
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
export { callSignal, realSignal, type CallSignal } from "./call-abort.ts";
export { onAbort } from "./abort-listeners.ts";
export type { AbortRegistration } from "./waiting-callbacks.ts";
export { delay, raceAbort, throwIfAborted } from "./abort.ts";
export { joinPieces } from "./join-pieces.ts";
export { uninitializedBytes } from "./uninitialized-bytes.ts";
export { memory, memoryBackend, type MemoryBackendOptions } from "./memory/memory.ts";
export { MemoryStorage } from "./memory/memory-storage.ts";
export { composeLayers, defaultLayers, type LayerOptions } from "./compose.ts";
export {
  AttemptCounters,
  type AttemptEvent,
  type AttemptSnapshot,
  type OperationAttempts,
} from "./layers/attempt-counters.ts";
export { withAttemptDeadline, withDeadline, type DeadlineOptions } from "./layers/deadline.ts";
export { emulationFromEnvironment, withEmulation, type EmulationOptions } from "./layers/emulation.ts";
export { withInstrumentation, type InstrumentationOptions } from "./layers/instrumentation.ts";
export { callError, intercept, type Interceptor } from "./layers/intercept.ts";
export { withLimit, type LimitOptions } from "./layers/limit.ts";
export { mapSource } from "./layers/map-source.ts";
export type {
  DefragCall,
  DeleteManyCall,
  HashCall,
  IterationCall,
  ListCall,
  LoadCall,
  LoadStreamCall,
  MoveCall,
  NameCall,
  OperationCall,
  OperationName,
  StorageCall,
  StoreCall,
  StoreStreamCall,
} from "./layers/operation-call.ts";
export { permissionPresets } from "./layers/permission-presets.ts";
export { type PermissionMapping } from "./layers/permission-rules.ts";
export { withPermissions } from "./layers/permissions.ts";
export { Slots } from "./layers/slots.ts";
export { withRetry } from "./layers/retry.ts";
export {
  RetryAttempts,
  retrySettings,
  type RetryOptions,
  type RetrySettings,
} from "./layers/retry-attempts.ts";
export { openStore, type OpenStoreOptions } from "./open-store.ts";
export {
  longestTimerMs,
  mustBeBoolean,
  mustBeInteger,
  mustBeKnown,
  mustBeOneOf,
  mustBeText,
  refuseOption,
} from "./option-checks.ts";
export { redactUrl } from "./redact-url.ts";
export {
  isSocketErrorCode,
  socketError,
  socketErrorMeanings,
  type SocketErrorMeaning,
} from "./socket-errors.ts";
export { type BatchItems, type BatchOptions, type BatchResult } from "./store/batch.ts";
export { type DeleteRequest } from "./store/delete-many.ts";
export { type Latency } from "./store/latency-histogram.ts";
export { maxLevel, type NamespaceConfig, type NamespacesConfig } from "./store/namespaces.ts";
export { storeOperationNames, type StoreOperationName } from "./store/operation.ts";
export {
  type OperationObservers,
  type StoreLogger,
  type StoreOperationEvent,
  type StoreOperationHook,
} from "./store/operation-recorder.ts";
export { type OperationStats, type OperationStatsTable } from "./store/operation-stats.ts";
export { referenceStats } from "./store/reference-stats.ts";
export {
  Store,
  type InfoRequest,
  type LoadRequest,
  type StoreConfig,
  type StoreRequest,
  type StoreStats,
} from "./store/store.ts";
export { type StoreItem } from "./store/store-item.ts";
export type {
  ItemLoadOptions,
  ItemMoveOptions,
  ItemOptions,
  StoreDefragOptions,
  StoreDefragSource,
  StoreListOptions,
  UndeleteOptions,
} from "./store/store-options.ts";
export { TempNames } from "./temp-names.ts";
export { TempSweep } from "./temp-sweep.ts";
export { collapseSlashes, decodePercent } from "./url-text.ts";
