// What @borgstore/backend-sftp exports. Generated: node tools/checks/check-repo.mjs --update

export type PassphraseRequest = (about: {
    readonly file: string;
}) => string | undefined | Promise<string | undefined>;

export type PasswordRequest = (about: {
    readonly user: string;
    readonly host: string;
}) => string | undefined | Promise<string | undefined>;

export interface SftpBackendOptions extends SftpOptions {
    readonly host: string;
    readonly user?: string | undefined;
    readonly port?: number | undefined;
    readonly path: string;
}

export interface SftpOptions {
    readonly durability?: DurabilityOption | undefined;
    readonly transport?: TransportOption | undefined;
    readonly connections?: number | undefined;
    readonly sshConfigFile?: string | undefined;
    readonly sshOptions?: Readonly<Record<string, string | readonly string[]>> | undefined;
    readonly sshProgram?: string | undefined;
    readonly passphrase?: PassphraseRequest | undefined;
    readonly password?: PasswordRequest | undefined;
    readonly hostKeys?: readonly string[] | undefined;
    readonly connectTimeoutMs?: number | undefined;
    readonly stallTimeoutMs?: number | undefined;
    readonly requestTimeoutMs?: number | undefined;
    readonly keepaliveIntervalMs?: number | undefined;
    readonly allowUnsafeReplace?: boolean | undefined;
    readonly allowLinkedNamespaces?: boolean | undefined;
    readonly staleTempAgeMs?: number | undefined;
}

export type TransportOption = "auto" | "ssh2" | "openssh";

export declare const sftp: BackendProvider<SftpOptions>;

export declare function sftpBackend(options: SftpBackendOptions): Backend;
