// What @borgstore/backend-s3 exports. Generated: node tools/checks/check-repo.mjs --update

export interface S3BackendOptions extends S3Options {
    readonly bucket: string;
    readonly prefix: string;
    readonly endpoint?: string | undefined;
}

export interface S3Credentials {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string | undefined;
    readonly expiration?: Date | undefined;
}

export type S3Encryption = {
    readonly algorithm: "AES256";
} | {
    readonly algorithm: "aws:kms" | "aws:kms:dsse";
    readonly keyId?: string | undefined;
    readonly bucketKey?: boolean | undefined;
    readonly context?: Readonly<Record<string, string>> | undefined;
} | {
    readonly algorithm: "customer-key";
    readonly key: Uint8Array;
};

export interface S3Options {
    readonly service?: ServiceName | undefined;
    readonly region?: string | undefined;
    readonly credentials?: S3Credentials | (() => Promise<S3Credentials>) | undefined;
    readonly profile?: string | undefined;
    readonly client?: S3Client | undefined;
    readonly clientConfig?: S3ClientConfig | undefined;
    readonly pathStyle?: boolean | undefined;
    readonly uploadChecksum?: "crc32" | "md5" | "none" | undefined;
    readonly bulkDelete?: boolean | undefined;
    readonly createIfAbsent?: boolean | "probe" | undefined;
    readonly checkBeforeDelete?: boolean | undefined;
    readonly verifyLoads?: boolean | undefined;
    readonly storageClass?: string | undefined;
    readonly encryption?: S3Encryption | undefined;
    readonly requestPayer?: boolean | undefined;
    readonly partSize?: number | undefined;
    readonly partConcurrency?: number | undefined;
    readonly concurrency?: number | undefined;
    readonly connectTimeoutMs?: number | undefined;
    readonly stallTimeoutMs?: number | undefined;
    readonly requestTimeoutMs?: number | undefined;
}

export type ServiceName = "aws" | "b2" | "r2" | "gcs" | "wasabi" | "minio" | "ceph" | "other";

export declare const s3: BackendProvider<S3Options>;

export declare function s3Backend(options: S3BackendOptions): Backend;
