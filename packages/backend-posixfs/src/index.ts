export { type IoOption } from "./io-mode.ts";
export { type DurabilityOption, type PosixfsOptions } from "./options.ts";
export { posixfs, posixfsBackend, type PosixfsBackendOptions } from "./posixfs.ts";
