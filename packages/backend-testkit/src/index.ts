export { conformanceCases } from "./cases/conformance-cases.ts";
export {
  type CapabilityFlag,
  type CaseContext,
  type ConformanceCase,
  type Hook,
  type Requirement,
} from "./conformance-case.ts";
export { type ConformanceOptions, type ConformanceSetup, type TestRunner } from "./conformance-options.ts";
export { Random } from "./random.ts";
export { registerConformance, type RegisterOptions } from "./register-conformance.ts";
export { runConformance, type CaseResult, type RunOptions } from "./run-conformance.ts";
export {
  aroundBackend,
  type Around,
  type BackendOperation,
  type PromiseOperation,
  type StreamOperation,
} from "./doubles/around-backend.ts";
export { countingBackend, type CallCounts, type CountingBackend } from "./doubles/counting-backend.ts";
export {
  faultyBackend,
  type FaultyBackend,
  type FaultyBackendOptions,
  type InjectedFault,
} from "./doubles/faulty-backend.ts";
export { overrideBackend } from "./doubles/override-backend.ts";
export {
  scriptedBackend,
  type BackendScript,
  type ScriptedAnswer,
  type ScriptedBackend,
  type ScriptedBackendOptions,
} from "./doubles/scripted-backend.ts";
export {
  type FaultProxy,
  type FaultProxyOptions,
  type ProxyCut,
  type RoundTripCount,
} from "./proxy/fault-proxy.ts";
export { type ProxyDirection } from "./proxy/line.ts";
export { startFaultProxy } from "./proxy/start-fault-proxy.ts";
