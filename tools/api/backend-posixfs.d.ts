// What @borgstore/backend-posixfs exports. Generated: node tools/checks/check-repo.mjs --update

export { DurabilityOption } from "@borgstore/core";

export type IoOption = "auto" | "sync" | "pool";

export interface PosixfsBackendOptions extends PosixfsOptions {
    readonly path: string;
}

export interface PosixfsOptions {
    readonly durability?: DurabilityOption | undefined;
    readonly io?: IoOption | undefined;
    readonly permissions?: PermissionMapping | undefined;
    readonly quota?: number | undefined;
    readonly allowLinkedNamespaces?: boolean | undefined;
    readonly staleTempAgeMs?: number | undefined;
    readonly concurrency?: number | undefined;
    readonly deadlineMs?: number | undefined;
}

export declare const posixfs: BackendProvider<PosixfsOptions>;

export declare function posixfsBackend(options: PosixfsBackendOptions): Backend;
