// What @borgstore/backend-testkit exports. Generated: node tools/checks/check-repo.mjs --update

export interface Around {
    call?<T>(operation: PromiseOperation, args: readonly unknown[], proceed: () => Promise<T>): Promise<T>;
    iterate?<T>(operation: StreamOperation, args: readonly unknown[], proceed: () => AsyncIterable<T>): AsyncIterable<T>;
}

export type BackendOperation = PromiseOperation | StreamOperation;

export type BackendScript = {
    readonly [Operation in BackendOperation]?: ScriptedAnswer<Operation> | readonly ScriptedAnswer<Operation>[];
};

export type CallCounts = Readonly<Record<BackendOperation, number>>;

export type CapabilityFlag = Exclude<keyof Capabilities, "concurrency">;

export interface CaseContext {
    readonly backend: Backend;
    readonly capabilities: Capabilities;
    readonly random: Random;
    readonly anotherClient: () => Promise<Backend>;
    readonly observer: () => Promise<Backend>;
    readonly plant: (name: string, value: Uint8Array) => Promise<void>;
    readonly deliveredBytes: () => number;
    readonly powerCut: () => Promise<Backend>;
}

export interface CaseResult {
    readonly id: string;
    readonly title: string;
    readonly outcome: "passed" | "failed" | "skipped" | "known-failure";
    readonly reason?: string;
    readonly error?: unknown;
    readonly durationMs: number;
}

export interface ConformanceCase {
    readonly id: string;
    readonly title: string;
    readonly requires?: readonly Requirement[];
    readonly state?: "new" | "created" | "open";
    readonly isLong?: true;
    readonly run: (context: CaseContext) => Promise<void>;
}

export interface ConformanceOptions<Setup extends ConformanceSetup = ConformanceSetup> {
    readonly name: string;
    readonly capabilities: Capabilities;
    readonly setup: () => Setup | Promise<Setup>;
    readonly teardown?: (setup: Setup) => void | Promise<void>;
    readonly anotherBackend?: (setup: Setup) => Backend | Promise<Backend>;
    readonly plant?: (setup: Setup, name: string, value: Uint8Array) => void | Promise<void>;
    readonly deliveredBytes?: (setup: Setup) => number;
    readonly powerCut?: (setup: Setup) => Backend | Promise<Backend>;
    readonly knownFailures?: Readonly<Record<string, string>>;
    readonly skip?: Readonly<Record<string, string>>;
    readonly settleMs?: number;
    readonly caseTimeoutMs?: number;
    readonly seed?: number;
}

export interface ConformanceSetup {
    readonly backend: Backend;
}

export interface CountingBackend extends Backend {
    readonly calls: CallCounts;
    reset(): void;
}

export interface FaultProxy extends AsyncDisposable {
    readonly host: "127.0.0.1";
    readonly port: number;
    readonly connections: number;
    readonly acceptedConnections: number;
    readonly refusedConnections: number;
    readonly bytes: Readonly<Record<ProxyDirection, number>>;
    delayMs: number;
    bytesPerSecond: number | undefined;
    stall(direction?: ProxyDirection): void;
    resume(): void;
    cutAfter(direction: ProxyDirection, bytes: number, how: ProxyCut): Promise<void>;
    reset(): void;
    end(): void;
    refuse(count?: number): void;
    accept(): void;
    countRoundTrips<T>(work: () => Promise<T>): Promise<RoundTripCount<T>>;
    close(): Promise<void>;
}

export interface FaultProxyOptions {
    readonly host?: string;
    readonly port: number;
    readonly delayMs?: number;
    readonly settleMs?: number;
}

export interface FaultyBackend extends Backend {
    readonly injected: readonly InjectedFault[];
}

export interface FaultyBackendOptions {
    readonly seed: number;
    readonly errorProbability?: number;
    readonly errorCodes?: readonly StoreErrorCode[];
    readonly lostAnswerProbability?: number;
    readonly shortLoadProbability?: number;
    readonly before?: (operation: BackendOperation) => Promise<void>;
    readonly operations?: readonly BackendOperation[];
}

export type Hook = "anotherBackend" | "plant" | "deliveredBytes" | "powerCut";

export interface InjectedFault {
    readonly operation: BackendOperation;
    readonly fault: "error" | "lost-answer" | "short-load";
    readonly code?: StoreErrorCode;
}

export type PromiseOperation = "create" | "destroy" | "open" | "close" | "mkdir" | "rmdir" | "info" | "load" | "store" | "storeStream" | "delete" | "deleteMany" | "move" | "hash" | "defrag" | "quota" | "sync";

export type ProxyCut = "reset" | "end" | "stall";

export type ProxyDirection = "toServer" | "toClient";

export declare class Random {
    #private;
    constructor(seed: number);
    next(): number;
    integer(min: number, max: number): number;
    happens(probability: number): boolean;
    pick<T>(choices: readonly T[]): T;
    bytes(length: number): Uint8Array<ArrayBuffer>;
}

export interface RegisterOptions<Setup extends ConformanceSetup = ConformanceSetup> extends ConformanceOptions<Setup> {
    readonly runner: TestRunner;
}

export type Requirement = CapabilityFlag | `!${CapabilityFlag}` | "createIfAbsent=probe" | Hook;

export interface RoundTripCount<T> {
    readonly result: T;
    readonly roundTrips: number;
}

export interface RunOptions<Setup extends ConformanceSetup = ConformanceSetup> extends ConformanceOptions<Setup> {
    readonly only?: readonly string[];
}

export type ScriptedAnswer<Operation extends BackendOperation> = Backend[Operation];

export interface ScriptedBackend extends Backend {
    readonly unscripted: readonly string[];
}

export interface ScriptedBackendOptions {
    readonly name?: string;
    readonly capabilities?: Partial<Capabilities>;
}

export type StreamOperation = "loadStream" | "list";

export interface TestRunner {
    describe(name: string, body: () => void): unknown;
    readonly it: {
        (name: string, body: () => Promise<void>): unknown;
        skip(name: string, body: () => void): unknown;
    };
}

export declare function aroundBackend(inner: Backend, around: Around): Backend;

export declare const conformanceCases: readonly ConformanceCase[];

export declare function countingBackend(inner: Backend): CountingBackend;

export declare function faultyBackend(inner: Backend, options: FaultyBackendOptions): FaultyBackend;

export declare function overrideBackend(inner: Backend, overrides: Partial<Backend>): Backend;

export declare function registerConformance<Setup extends ConformanceSetup>(options: RegisterOptions<Setup>): void;

export declare function runConformance<Setup extends ConformanceSetup>(options: RunOptions<Setup>): Promise<readonly CaseResult[]>;

export declare function scriptedBackend(script: BackendScript, options?: ScriptedBackendOptions): ScriptedBackend;

export declare function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy>;
