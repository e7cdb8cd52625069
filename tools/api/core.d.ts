// What @borgstore/core exports. Generated: node tools/checks/check-repo.mjs --update

export interface AbortRegistration {
    remove(): void;
}

export interface AnsweredRange {
    readonly start: number;
    readonly end: number;
    readonly total: number | undefined;
}

export declare class AttemptCounters {
    #private;
    add(event: Omit<AttemptEvent, "name" | "newName" | "error">): void;
    snapshot(): AttemptSnapshot;
}

export interface AttemptEvent {
    readonly operation: OperationName;
    readonly name: string | undefined;
    readonly newName: string | undefined;
    readonly durationMs: number;
    readonly loadedBytes: number;
    readonly storedBytes: number;
    readonly outcome: "done" | "stopped" | "failed" | "aborted";
    readonly error: unknown;
}

export type AttemptSnapshot = Readonly<Partial<Record<OperationName, OperationAttempts>>>;

export type Awaitable<T> = T | Promise<T>;

export interface Backend extends AsyncDisposable {
    readonly name: string;
    readonly capabilities: Capabilities;
    readonly isOpen: boolean;
    create(options?: OperationOptions): Promise<void>;
    destroy(options?: OperationOptions): Promise<void>;
    open(options?: OperationOptions): Promise<void>;
    close(options?: OperationOptions): Promise<void>;
    mkdir(name: string, options?: OperationOptions): Promise<void>;
    rmdir(name: string, options?: OperationOptions): Promise<void>;
    info(name: string, options?: OperationOptions): Promise<ItemInfo>;
    load(name: string, options?: LoadOptions): Promise<Uint8Array<ArrayBuffer>>;
    loadStream(name: string, options?: LoadOptions): AsyncIterable<Uint8Array<ArrayBuffer>>;
    store(name: string, value: ArrayBufferView, options?: StoreOptions): Promise<void>;
    storeStream(name: string, source: StreamSource, options?: StoreOptions): Promise<void>;
    delete(name: string, options?: OperationOptions): Promise<void>;
    deleteMany(names: Iterable<string>, options?: OperationOptions): Promise<readonly DeleteResult[]>;
    move(name: string, newName: string, options?: MoveOptions): Promise<void>;
    list(name: string, options?: ListOptions): AsyncIterable<readonly ItemInfo[]>;
    hash(name: string, algorithm?: string, options?: OperationOptions): Promise<string>;
    defrag(sources: readonly DefragSource[], target: DefragTarget, options?: OperationOptions): Promise<string>;
    quota(options?: OperationOptions): Promise<Quota>;
    sync(options?: OperationOptions): Promise<void>;
    toString(): string;
}

export interface BackendDriver {
    readonly name: string;
    readonly capabilities: Capabilities;
    readonly hashers?: HasherFactory;
    create(options: OperationOptions): Promise<void>;
    destroy(options: OperationOptions): Promise<void>;
    open(options: OperationOptions): Promise<void>;
    close(options: OperationOptions): Promise<void>;
    mkdir(name: string, options: OperationOptions): Promise<void>;
    rmdir(name: string, options: OperationOptions): Promise<void>;
    info(name: string, options: OperationOptions): Awaitable<ItemInfo>;
    load(name: string, options: LoadOptions): Awaitable<Uint8Array<ArrayBuffer>>;
    store(name: string, value: Uint8Array, options: StoreOptions): Awaitable<void>;
    delete(name: string, options: OperationOptions): Awaitable<void>;
    move(name: string, newName: string, options: MoveOptions): Promise<void>;
    list(name: string, options: DriverListOptions): AsyncIterable<readonly ItemInfo[]>;
    listRecursively?(name: string, options: DriverListOptions): AsyncIterable<readonly ItemInfo[]>;
    loadStream?(name: string, options: LoadOptions): AsyncIterable<Uint8Array<ArrayBuffer>>;
    storeStream?(name: string, source: ByteSource, options: StoreOptions): Promise<void>;
    deleteMany?(names: readonly string[], options: OperationOptions): Promise<readonly DeleteResult[]>;
    hash?(name: string, algorithm: string, options: OperationOptions): Promise<string>;
    defrag?(sources: readonly DefragSource[], target: DefragTarget, options: OperationOptions): Promise<string>;
    quota?(options: OperationOptions): Promise<Quota>;
    sync?(options: OperationOptions): Promise<void>;
    describe?(): string;
}

export interface BackendProvider<Options extends object = object> {
    readonly name: string;
    readonly schemes: readonly string[];
    fromUrl(url: string, options?: Options): Backend;
}

export type BatchItems<Item> = Iterable<Item> | AsyncIterable<Item>;

export interface BatchOptions extends OperationOptions {
    readonly concurrency?: number | undefined;
}

export type BatchResult<Value> = {
    readonly name: string;
    readonly value: Value;
    readonly error?: never;
} | {
    readonly name: string;
    readonly value?: never;
    readonly error: unknown;
};

export interface Body extends AsyncIterable<unknown> {
    readonly destroyed: boolean;
    readonly errored: Error | null;
    on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
    on(event: "error", listener: (error: Error) => void): unknown;
    once(event: "end" | "close", listener: () => void): unknown;
    removeAllListeners(event: "data"): unknown;
    destroy(): unknown;
}

export interface BodyPart {
    readonly skip: number;
    readonly take: number;
    readonly length: number | undefined;
}

export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export type CallSignal = AbortSignal | Pick<CallAbort, "aborted" | "reason" | "signal">;

export interface Capabilities {
    readonly atomicReplace: boolean;
    readonly atomicMove: boolean;
    readonly createIfAbsent: boolean | "probe";
    readonly directories: boolean;
    readonly rangedLoad: boolean;
    readonly nativeHash: boolean;
    readonly accessTime: boolean;
    readonly durable: boolean;
    readonly remote: boolean;
    readonly concurrency?: number;
}

export type Classify = (error: unknown, name: string | undefined) => unknown;

export declare class ContentInDoubt extends Error {
    readonly name = "ContentInDoubt";
    constructor(cause: unknown);
}

export interface DeadlineOptions {
    readonly metadataMs?: number | undefined;
    readonly transferMs?: number | undefined;
    readonly stepMs?: number | undefined;
}

export interface DefragCall {
    readonly operation: "defrag";
    readonly sources: readonly DefragSource[];
    readonly target: DefragTarget;
    readonly options: OperationOptions;
}

export interface DefragSource {
    readonly name: string;
    readonly offset: number;
    readonly size: number;
}

export type DefragTarget = {
    readonly name: string;
} | {
    readonly namespace: string;
    readonly level: number;
    readonly algorithm: string;
};

export interface DeleteManyCall {
    readonly operation: "deleteMany";
    readonly names: readonly string[];
    readonly options: OperationOptions;
}

export type DeleteRequest = string | {
    readonly name: string;
    readonly deleted?: boolean | undefined;
};

export interface DeleteResult {
    readonly name: string;
    readonly error?: unknown;
}

export interface Destroyable {
    destroy(): unknown;
}

export interface DriverListOptions extends OperationOptions {
    readonly sizes: boolean;
}

export declare class Durability {
    #private;
    readonly option: DurabilityOption;
    constructor(option: DurabilityOption, syncer: Syncer);
    get eachFile(): boolean;
    get isFull(): boolean;
    makeRoom(): Promise<void> | undefined;
    stored(path: string): Promise<void> | undefined;
    deleted(path: string): Promise<void> | undefined;
    made(path: string): void;
    changed(directory: string): Promise<void> | undefined;
    beginMove(path: string, newPath: string): void;
    endMove(path: string, newPath: string, directories: readonly string[], wasMoved: boolean): Promise<void> | undefined;
    forget(): void;
    sync(): Promise<void>;
}

export type DurabilityOption = "sync" | "each" | "none";

export interface EmulationOptions {
    readonly latencyUs?: number | undefined;
    readonly bandwidthBitsPerSecond?: number | undefined;
    readonly now?: (() => number) | undefined;
    readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

export interface ErrorCodeInfo {
    readonly meaning: string;
    readonly retryable: boolean;
    readonly httpStatus: number;
    readonly exitCode: number;
}

export declare class Exchange {
    #private;
    constructor(limits: RequestLimits, options: RequestOptions, classify: Classify, events: ExchangeEvents);
    get signal(): AbortSignal;
    get isAborted(): boolean;
    throwIfAborted(): void;
    sends(request: Destroyable): void;
    progress(): void;
    sent(bodyBytes: number): void;
    reads(body: Body): void;
    pause(): void;
    giveSlotBack(): void;
    race<T>(work: Promise<T>): Promise<T>;
    abort(reason: unknown): void;
    explain(error: unknown): unknown;
    end(): void;
}

export interface HashCall {
    readonly operation: "hash";
    readonly name: string;
    readonly algorithm: string;
    readonly options: OperationOptions;
}

export interface Hasher {
    update(bytes: Uint8Array): void;
    digestHex(): string | Promise<string>;
}

export type HasherFactory = (algorithm: string) => Hasher | undefined;

export type InfoRequest = string | ({
    readonly name: string;
} & Omit<ItemOptions, "signal">);

export interface InstrumentationOptions {
    readonly counters?: AttemptCounters | undefined;
    readonly onAttempt?: ((event: AttemptEvent) => void) | undefined;
    readonly now?: (() => number) | undefined;
}

export interface Interceptor {
    readonly label: string;
    call<T>(call: OperationCall, next: (call: OperationCall) => Promise<T>): Promise<T>;
    iterate<T>(call: IterationCall, next: (call: IterationCall) => AsyncIterable<T>): AsyncIterable<T>;
}

export interface ItemInfo {
    readonly name: string;
    readonly exists: boolean;
    readonly size: number;
    readonly isDirectory: boolean;
    readonly accessedAtMs?: number;
    readonly modifiedAtMs?: number;
}

export interface ItemLoadOptions extends LoadOptions, ItemOptions {}

export interface ItemMoveOptions extends MoveOptions, ItemOptions {}

export interface ItemOptions extends OperationOptions {
    readonly deleted?: boolean | undefined;
}

export type IterationCall = LoadStreamCall | ListCall;

export interface Latency {
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
}

export interface LayerOptions {
    readonly permissions?: PermissionMapping | undefined;
    readonly deadline?: DeadlineOptions | false | undefined;
    readonly retry?: RetryOptions | false | undefined;
    readonly instrumentation?: InstrumentationOptions | false | undefined;
    readonly limit?: LimitOptions | false | undefined;
    readonly attemptDeadline?: DeadlineOptions | false | undefined;
    readonly emulation?: EmulationOptions | false | undefined;
}

export interface LimitOptions {
    readonly concurrency?: number | undefined;
}

export interface ListCall {
    readonly operation: "list";
    readonly name: string;
    readonly options: ListOptions;
}

export interface ListOptions extends OperationOptions {
    readonly recursive?: boolean | undefined;
    readonly sizes?: boolean | undefined;
}

export interface LoadCall {
    readonly operation: "load";
    readonly name: string;
    readonly options: LoadOptions;
}

export interface LoadOptions extends OperationOptions {
    readonly offset?: number | undefined;
    readonly size?: number | undefined;
}

export type LoadRequest = string | ({
    readonly name: string;
} & Omit<ItemLoadOptions, "signal">);

export interface LoadStreamCall {
    readonly operation: "loadStream";
    readonly name: string;
    readonly options: LoadOptions;
}

export interface MemoryBackendOptions {
    readonly storage?: MemoryStorage;
    readonly directories?: boolean;
    readonly now?: () => number;
}

export declare class MemoryStorage {
    exists: boolean;
    readonly objects: Map<string, MemoryObject>;
    readonly directories: Set<string>;
}

export interface MoveCall {
    readonly operation: "move";
    readonly name: string;
    readonly newName: string;
    readonly options: MoveOptions;
}

export interface MoveOptions extends OperationOptions {
    readonly ifAbsent?: boolean | undefined;
}

export interface NameCall {
    readonly operation: "mkdir" | "rmdir" | "info" | "delete";
    readonly name: string;
    readonly options: OperationOptions;
}

export interface NamespaceConfig {
    readonly levels: readonly number[];
}

export type NamespacesConfig = Readonly<Record<string, NamespaceConfig>>;

export interface NodeCrypto {
    createHash(algorithm: string): {
        update(data: Uint8Array): unknown;
        digest(encoding: "hex"): string;
    };
    getHashes(): readonly string[];
}

export interface OpenStoreOptions extends LayerOptions, OperationObservers, OperationOptions {
    readonly backends: readonly BackendProvider[];
    readonly namespaces: NamespacesConfig;
    readonly create?: boolean | undefined;
    readonly backendOptions?: object | undefined;
}

export interface OperationAttempts {
    readonly calls: number;
    readonly failures: number;
    readonly aborts: number;
    readonly timeMs: number;
    readonly loadedBytes: number;
    readonly storedBytes: number;
}

export type OperationCall = StorageCall | NameCall | LoadCall | StoreCall | StoreStreamCall | DeleteManyCall | MoveCall | HashCall | DefragCall;

export type OperationName = (OperationCall | IterationCall)["operation"];

export interface OperationObservers {
    readonly logger?: StoreLogger | undefined;
    readonly onOperation?: StoreOperationHook | undefined;
}

export interface OperationOptions {
    readonly signal?: AbortSignal | undefined;
}

export interface OperationStats {
    readonly calls: number;
    readonly failures: number;
    readonly time: number;
    readonly volume: number;
    readonly throughput: number;
    readonly latency: Latency;
}

export type OperationStatsTable = Readonly<Record<StoreOperationName, OperationStats>>;

export type PermissionMapping = Readonly<Record<string, string>>;

export interface Quota {
    readonly limit: number;
    readonly usage: number;
}

export interface ReadBodyOptions {
    readonly explain?: ((error: Error) => Error) | undefined;
}

export interface RequestLimits {
    readonly concurrency: number;
    readonly requestTimeoutMs: number;
    readonly stallTimeoutMs: number;
}

export interface RequestOptions {
    readonly signal: CallSignal | undefined;
    readonly name?: string | undefined;
    readonly bodyBytes?: number | undefined;
    readonly isLong?: boolean | undefined;
}

export declare class Requests {
    #private;
    constructor(limits: RequestLimits, classify: Classify);
    run<T>(options: RequestOptions, work: (exchange: Exchange) => Promise<T>): Promise<T>;
    begin(options: RequestOptions): Promise<Exchange>;
    close(): void;
}

export declare class RetryAttempts {
    #private;
    constructor(settings: RetrySettings, budgetMs: number, signal: CallSignal | undefined);
    progress(): void;
    again(error: unknown): Promise<boolean>;
}

export interface RetryOptions {
    readonly budgetMs?: number | undefined;
    readonly openBudgetMs?: number | undefined;
    readonly firstDelayMs?: number | undefined;
    readonly maxDelayMs?: number | undefined;
    readonly now?: (() => number) | undefined;
    readonly random?: (() => number) | undefined;
    readonly sleep?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

export type RetrySettings = {
    readonly [K in keyof RetryOptions]-?: NonNullable<RetryOptions[K]>;
};

export declare class Slots {
    #private;
    constructor(count: number);
    tryAcquire(amount?: number): boolean;
    acquire(signal?: CallSignal, amount?: number): Promise<void>;
    release(amount?: number): void;
}

export interface SocketErrorMeaning {
    readonly code: StoreErrorCode;
    readonly detail: string;
    readonly retryable?: boolean;
    readonly unsent?: boolean;
}

export interface StorageCall {
    readonly operation: "create" | "destroy" | "open" | "close" | "quota" | "sync";
    readonly options: OperationOptions;
}

export declare class Store implements AsyncDisposable {
    #private;
    constructor(config: StoreConfig);
    get backend(): Backend;
    get isOpen(): boolean;
    get stats(): StoreStats;
    create(options?: OperationOptions): Promise<void>;
    destroy(options?: OperationOptions): Promise<void>;
    open(options?: OperationOptions): Promise<void>;
    close(options?: OperationOptions): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    info(name: string, options?: ItemOptions): Promise<StoreItem>;
    load(name: string, options?: ItemLoadOptions): Promise<Uint8Array<ArrayBuffer>>;
    loadStream(name: string, options?: ItemLoadOptions): AsyncIterable<Uint8Array<ArrayBuffer>>;
    store(name: string, value: ArrayBufferView, options?: StoreOptions): Promise<void>;
    storeStream(name: string, source: StreamSource, options?: StoreOptions): Promise<void>;
    delete(name: string, options?: ItemOptions): Promise<void>;
    move(name: string, newName: string, options?: ItemMoveOptions): Promise<void>;
    softDelete(name: string, options?: OperationOptions): Promise<void>;
    undelete(name: string, options?: UndeleteOptions): Promise<void>;
    changeLevel(name: string, options?: ItemOptions): Promise<void>;
    list(namespace: string, options?: StoreListOptions): AsyncIterableIterator<StoreItem>;
    hash(name: string, algorithm?: string, options?: ItemOptions): Promise<string>;
    defrag(sources: readonly StoreDefragSource[], options: StoreDefragOptions): Promise<string>;
    quota(options?: OperationOptions): Promise<Quota>;
    sync(options?: OperationOptions): Promise<void>;
    loadMany(requests: BatchItems<LoadRequest>, options?: BatchOptions): AsyncIterableIterator<BatchResult<Uint8Array<ArrayBuffer>>>;
    storeMany(requests: BatchItems<StoreRequest>, options?: BatchOptions): AsyncIterableIterator<BatchResult<void>>;
    infoMany(requests: BatchItems<InfoRequest>, options?: BatchOptions): AsyncIterableIterator<BatchResult<StoreItem>>;
    deleteMany(requests: BatchItems<DeleteRequest>, options?: BatchOptions): AsyncIterableIterator<BatchResult<undefined>>;
    toString(): string;
}

export interface StoreCall {
    readonly operation: "store";
    readonly name: string;
    readonly value: ArrayBufferView;
    readonly options: StoreOptions;
}

export interface StoreConfig extends OperationObservers {
    readonly backend: Backend;
    readonly namespaces: NamespacesConfig;
    readonly layers?: LayerOptions | undefined;
}

export interface StoreDefragOptions extends OperationOptions {
    readonly namespace: string;
    readonly target?: string | undefined;
    readonly algorithm?: string | undefined;
}

export type StoreDefragSource = {
    readonly offset: number;
    readonly size: number;
} & ({
    readonly name: string;
} | {
    readonly key: string;
});

export declare class StoreError extends Error {
    readonly code: StoreErrorCode;
    retryable: boolean;
    readonly unsent: boolean;
    backend: string | undefined;
    operation: string | undefined;
    key: string | undefined;
    constructor(code: StoreErrorCode, context?: StoreErrorContext);
    static is(value: unknown, code?: StoreErrorCode): value is StoreError;
}

export type StoreErrorCode = "NOT_FOUND" | "ALREADY_EXISTS" | "NOT_EMPTY" | "IS_DIRECTORY" | "NOT_A_DIRECTORY" | "BACKEND_NOT_FOUND" | "BACKEND_EXISTS" | "NOT_OPEN" | "ALREADY_OPEN" | "INVALID_NAME" | "INVALID_ARGUMENT" | "INVALID_URL" | "NO_NAMESPACE" | "RANGE" | "PERMISSION_DENIED" | "UNAUTHENTICATED" | "HOST_KEY" | "QUOTA_EXCEEDED" | "NO_SPACE" | "INTEGRITY" | "UNSUPPORTED" | "ARCHIVED" | "CLOCK_SKEW" | "RATE_LIMITED" | "TIMEOUT" | "CONNECTION" | "UNAVAILABLE" | "UNEXPECTED";

export interface StoreErrorContext {
    readonly detail?: string | undefined;
    readonly backend?: string | undefined;
    readonly operation?: string | undefined;
    readonly key?: string | undefined;
    readonly retryable?: boolean | undefined;
    readonly unsent?: boolean | undefined;
    readonly cause?: unknown;
}

export interface StoreItem extends ItemInfo {
    readonly deleted?: boolean;
}

export interface StoreListOptions extends ItemOptions {
    readonly sizes?: boolean | undefined;
}

export interface StoreLogger {
    debug(message: string): void;
}

export interface StoreOperationEvent {
    readonly operation: StoreOperationName;
    readonly name: string;
    readonly newName?: string;
    readonly volume: number;
    readonly durationMs: number;
    readonly error?: StoreErrorCode | "ABORTED";
}

export type StoreOperationHook = (event: StoreOperationEvent) => void;

export type StoreOperationName = (typeof storeOperationNames)[number];

export interface StoreOptions extends OperationOptions {
    readonly ifAbsent?: boolean | undefined;
}

export type StoreRequest = {
    readonly name: string;
    readonly value: ArrayBufferView;
} & Omit<StoreOptions, "signal">;

export interface StoreStats {
    readonly operations: OperationStatsTable;
    readonly backend: AttemptSnapshot | undefined;
}

export interface StoreStreamCall {
    readonly operation: "storeStream";
    readonly name: string;
    readonly source: StreamSource;
    readonly options: StoreOptions;
}

export type StreamSource = ByteSource | (() => ByteSource);

export interface Syncer {
    syncFile(path: string): Promise<boolean>;
    syncDirectory(path: string): Promise<boolean>;
    ancestorsOf(path: string): readonly string[];
    parentOf(path: string): string;
    classify(error: unknown): StoreError;
    nextTurn?(): Promise<void>;
}

export declare class TempNames {
    #private;
    constructor(token?: string);
    next(): string;
    isForeign(fileName: string): boolean;
}

export declare class TempSweep {
    #private;
    constructor(tempNames: TempNames, ageMs: number);
    saw(fileName: string, modifiedAtMs: number | undefined, remove: () => Promise<void>): void;
    stop(): Promise<void>;
}

export interface UndeleteOptions extends OperationOptions {
    readonly overwrite?: boolean | undefined;
}

export interface WantedRange {
    readonly offset: number;
    readonly size: number | undefined;
}

export declare function bodyPieces(body: Body, { skip, take }: {
    readonly skip: number;
    readonly take: number;
}, exchange: Exchange): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;

export declare function callError(code: StoreErrorCode, backend: Backend, call: OperationCall | IterationCall, detail: string, key?: string | undefined): StoreError;

export declare function callSignal(options: OperationOptions): CallSignal | undefined;

export declare function checkKeyLength(name: string, level: number): void;

export declare function checkName(name: string): void;

export declare function clampRange(length: number, offset: number | undefined, size: number | undefined): {
    start: number;
    end: number;
};

export declare function collapseSlashes(path: string): string;

export declare function composeLayers(backend: Backend, layers: LayerOptions): Backend;

export declare function copyError(error: unknown, detail: string, key?: string): unknown;

export declare function decodePercent(text: string): string;

export declare const defaultHashAlgorithm = "sha256";

export declare function defaultLayers(capabilities: Capabilities): LayerOptions;

export declare function defineBackend(driver: BackendDriver): Backend;

export declare function delay(ms: number, signal?: CallSignal): Promise<void>;

export declare const deletedSuffix = ".del";

export declare function emulationFromEnvironment(environment?: Readonly<Record<string, string | undefined>>): EmulationOptions | undefined;

export declare const errorCodes: Readonly<Record<StoreErrorCode, ErrorCodeInfo>>;

export declare function forEachConcurrently<T>(items: Iterable<T>, concurrency: number, work: (item: T) => Promise<void>): Promise<{
    readonly error: unknown;
} | undefined>;

export declare function intercept(inner: Backend, interceptor: Interceptor): Backend;

export declare function isSocketErrorCode(code: unknown): code is string;

export declare function isValidName(name: unknown): name is string;

export declare function joinPieces(source: ByteSource, byteCount: number): AsyncGenerator<Uint8Array, void, undefined>;

export declare const longestTimerMs: number;

export declare function makeHasher(factory: HasherFactory, algorithm: string): Hasher;

export declare function mapConcurrently<T, R>(items: Iterable<T> | AsyncIterable<T>, concurrency: number, work: (item: T) => Promise<R>): AsyncGenerator<R, void, undefined>;

export declare function mapSource(backend: Backend, call: StoreStreamCall, watch: SourceWatch, whenUnread?: (source: StreamSource) => Promise<void>): StoreStreamCall;

export declare const maxLevel = 16;

export declare const maxNameLength = 100;

export declare const memory: BackendProvider<MemoryBackendOptions>;

export declare function memoryBackend(options?: MemoryBackendOptions): Backend;

export declare function missingItem(name: string): ItemInfo;

export declare function mustBeBoolean(name: string, value: boolean | undefined): void;

export declare function mustBeInteger(name: string, value: number | undefined, least: number, most: number): void;

export declare function mustBeKnown(options: object, known: ReadonlySet<string>): void;

export declare function mustBeOneOf(name: string, value: string | undefined, allowed: readonly string[]): void;

export declare function mustBeText(name: string, value: string | undefined): void;

export declare function nameProblem(name: unknown): string | undefined;

export declare function nestName(name: string, level: number): string;

export declare function nodeHashers(nodeCrypto: NodeCrypto): HasherFactory;

export declare function onAbort(signal: CallSignal | undefined, callback: () => void): AbortRegistration | undefined;

export declare function openStore(url: string, options: OpenStoreOptions): Promise<Store>;

export declare function parseContentRange(header: string | undefined): AnsweredRange | undefined;

export declare function partOfAnswer(wanted: WantedRange, answered: AnsweredRange): {
    readonly skip: number;
    readonly take: number;
};

export declare const permissionPresets: Readonly<Record<"borgbackup-all" | "borgbackup-no-delete" | "borgbackup-write-only" | "borgbackup-read-only", PermissionMapping>>;

export declare function raceAbort<T>(promise: Promise<T>, signal: CallSignal | undefined, isDecided?: () => boolean): Promise<T>;

export declare function rangeHeader({ offset, size }: WantedRange): string | undefined;

export declare function readBody(body: Body, part: BodyPart, exchange: Exchange, { explain }?: ReadBodyOptions): Promise<Uint8Array<ArrayBuffer>>;

export declare function realSignal(signal: CallSignal | undefined): AbortSignal | undefined;

export declare function redactUrl(url: string): string;

export declare function referenceStats(stats: StoreStats): Record<string, number | boolean>;

export declare function refuseOption(detail: string): never;

export declare function retrySettings(options: RetryOptions): RetrySettings;

export declare function socketError(host: string, error: unknown, key?: string): StoreError;

export declare const socketErrorMeanings: Readonly<Record<string, SocketErrorMeaning>>;

export declare const storeOperationNames: readonly ["create", "destroy", "open", "close", "info", "load", "loadStream", "store", "storeStream", "delete", "move", "softDelete", "undelete", "changeLevel", "list", "hash", "defrag", "quota", "sync"];

export declare function throwIfAborted(signal: CallSignal | undefined): void;

export declare function uninitializedBytes(byteLength: number): Uint8Array<ArrayBuffer>;

export declare function unnestName(nestedName: string, level: number): string;

export declare function wantedRange({ offset, size }: LoadOptions): WantedRange | undefined;

export declare const webCryptoHashers: HasherFactory;

export declare function withAttemptDeadline(backend: Backend, options?: DeadlineOptions): Backend;

export declare function withDeadline(backend: Backend, options?: DeadlineOptions): Backend;

export declare function withEmulation(backend: Backend, options: EmulationOptions): Backend;

export declare function withInstrumentation(backend: Backend, options: InstrumentationOptions): Backend;

export declare function withLimit(backend: Backend, options?: LimitOptions): Backend;

export declare function withPermissions(backend: Backend, permissions: PermissionMapping | undefined): Backend;

export declare function withRetry(backend: Backend, options?: RetryOptions): Backend;

export declare function wrongLength(length: number, announced: number): StoreError;
