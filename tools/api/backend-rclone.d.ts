// What @borgstore/backend-rclone exports. Generated: node tools/checks/check-repo.mjs --update

export interface RcloneBackendOptions extends RcloneOptions {
    readonly remote: string;
}

export interface RcloneOptions {
    readonly rcloneProgram?: string | undefined;
    readonly configFile?: string | undefined;
    readonly environment?: Readonly<Record<string, string>> | undefined;
    readonly allowUnsafeReplace?: boolean | undefined;
    readonly concurrency?: number | undefined;
    readonly startTimeoutMs?: number | undefined;
    readonly connectTimeoutMs?: number | undefined;
    readonly stallTimeoutMs?: number | undefined;
    readonly requestTimeoutMs?: number | undefined;
    readonly staleTempAgeMs?: number | undefined;
}

export declare const rclone: BackendProvider<RcloneOptions>;

export declare function rcloneBackend(options: RcloneBackendOptions): Backend;
