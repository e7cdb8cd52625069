export { type DurabilityOption } from "@borgstore/core";
export { type IoOption } from "./io-mode.ts";
export { type PosixfsOptions } from "./options.ts";
export { posixfs, posixfsBackend, type PosixfsBackendOptions } from "./posixfs.ts";
