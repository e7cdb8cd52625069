import {
  longestTimerMs,
  mustBeBoolean,
  mustBeInteger,
  mustBeKnown,
  mustBeOneOf,
  refuseOption,
} from "@borgstore/core";
// Types only: the SDK takes long to load, and is loaded when a backend is opened.
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { credentialsOf, mustBeCredentials, type S3Credentials, type SdkCredentials } from "./credentials.ts";
import { copyEncryption, type S3Encryption } from "./encryption.ts";
import { presetOf, regionOfEndpoint, serviceNames, serviceOf } from "./services.ts";
import type { ServiceName, ServicePreset } from "./services.ts";
import { isRecord, isText, mustBeLine } from "./text-checks.ts";
import type { S3Place } from "./url.ts";

/** Options of the s3 backend, all of them optional. */
export interface S3Options {
  /**
   * Whose peculiarities to heed.
   *
   * @default by the endpoint's host; without an endpoint `"aws"`, but with a client of the caller's `"other"`; `"b2"` for
   *   `b2:` URLs; else `"other"`
   */
  readonly service?: ServiceName | undefined;
  /**
   * The region that requests are signed for.
   *
   * @default as the endpoint's host tells, else as the SDK's configuration says
   */
  readonly region?: string | undefined;
  /**
   * Credentials, or a function that is asked for them when they are needed. Not together with a profile, or with
   * credentials in the URL.
   *
   * @default those of the URL, else what the SDK finds: environment, configuration files, the machine's role
   */
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>) | undefined;
  /**
   * Name of a profile in the SDK's configuration files. Not together with credentials.
   *
   * @default that of the URL, else as the SDK's configuration says
   */
  readonly profile?: string | undefined;
  /**
   * A client of the caller's, which is used as it is and not destroyed. Not together with `credentials`, `profile`,
   * `region`, `clientConfig`, `pathStyle`, or credentials in the URL. An endpoint in the URL then only says which
   * service it is, as `service` does.
   *
   * @default one is made
   */
  readonly client?: S3Client | undefined;
  /**
   * More configuration of the client that is made. It wins over what other options and the URL say.
   *
   * @default {}
   */
  readonly clientConfig?: S3ClientConfig | undefined;
  /**
   * Put the bucket into the path of requests, and not into the host name.
   *
   * @default true, except on AWS for buckets whose name is lower-case letters, digits and hyphens
   */
  readonly pathStyle?: boolean | undefined;
  /**
   * The checksum that goes with uploads beside the SHA-256 that their signature covers. Not every service accepts
   * `"crc32"`; Object Lock demands one.
   *
   * @default "crc32" on AWS, else "none"
   */
  readonly uploadChecksum?: "crc32" | "md5" | "none" | undefined;
  /**
   * Delete up to 1000 objects by one request.
   *
   * @default false on Google's service, else true
   */
  readonly bulkDelete?: boolean | undefined;
  /**
   * Whether the service obeys `If-None-Match` on uploads, so that objects can be created only if absent. `"probe"`: tried
   * out when it is needed first, with an object that is removed again. `true` for a service that ignores the header
   * lets such a call replace an object.
   *
   * @default "probe", but false on Google's service
   */
  readonly createIfAbsent?: boolean | "probe" | undefined;
  /**
   * Look whether an object is there before it is deleted, since the service does not say. `false`: one request instead
   * of two, and what is not there counts as deleted.
   *
   * @default true
   */
  readonly checkBeforeDelete?: boolean | undefined;
  /**
   * Compare whole values that were stored in one piece with the MD5 that their ETag is, where it is one.
   *
   * @default false
   */
  readonly verifyLoads?: boolean | undefined;
  /**
   * Storage class of new objects, as the service names it. What is in a class for archives must be restored before it
   * can be read.
   *
   * @default the bucket's, mostly "STANDARD"
   */
  readonly storageClass?: string | undefined;
  /** @default as the bucket says */
  readonly encryption?: S3Encryption | undefined;
  /**
   * Pay for the requests to somebody else's bucket.
   *
   * @default false
   */
  readonly requestPayer?: boolean | undefined;
  /**
   * Values larger than this are uploaded in parts of this size, in bytes: an integer from 5242880 (5 MiB) to 5368709120
   * (5 GiB). A value has 10,000 parts at most.
   *
   * @default 16777216 (16 MiB)
   */
  readonly partSize?: number | undefined;
  /**
   * Parts of one value in flight at most, an integer from 1 to 64. Each is held in memory.
   *
   * @default 4
   */
  readonly partConcurrency?: number | undefined;
  /**
   * Requests in flight at most, an integer from 1 to 1024.
   *
   * @default 32
   */
  readonly concurrency?: number | undefined;
  /**
   * Longest time in ms until a connection is made, from 1.
   *
   * @default 30000
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Longest time in ms without any progress of a request, from 1.
   *
   * @default 30000
   */
  readonly stallTimeoutMs?: number | undefined;
  /**
   * Longest time in ms for a request that carries no value, from 1.
   *
   * @default 60000
   */
  readonly requestTimeoutMs?: number | undefined;
}

/** {@link S3Options} and what the place says, with defaults filled in and checked. */
export interface S3Settings {
  readonly service: ServiceName;
  readonly preset: ServicePreset;
  /** `undefined`: as the SDK's configuration says. */
  readonly region: string | undefined;
  /** Of the options or the URL; a function, so that no dump of the settings shows them. `undefined`: what the SDK finds. */
  readonly credentials: (() => Promise<SdkCredentials>) | undefined;
  /** Of the options or the URL. */
  readonly profile: string | undefined;
  readonly client: S3Client | undefined;
  readonly clientConfig: S3ClientConfig;
  readonly pathStyle: boolean;
  readonly uploadChecksum: "crc32" | "md5" | "none";
  readonly bulkDelete: boolean;
  readonly createIfAbsent: boolean | "probe";
  readonly checkBeforeDelete: boolean;
  readonly verifyLoads: boolean;
  readonly storageClass: string | undefined;
  readonly encryption: S3Encryption | undefined;
  readonly requestPayer: boolean;
  readonly partSize: number;
  readonly partConcurrency: number;
  readonly concurrency: number;
  readonly connectTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

const knownOptions: ReadonlySet<string> = new Set<keyof S3Options>([
  "service",
  "region",
  "credentials",
  "profile",
  "client",
  "clientConfig",
  "pathStyle",
  "uploadChecksum",
  "bulkDelete",
  "createIfAbsent",
  "checkBeforeDelete",
  "verifyLoads",
  "storageClass",
  "encryption",
  "requestPayer",
  "partSize",
  "partConcurrency",
  "concurrency",
  "connectTimeoutMs",
  "stallTimeoutMs",
  "requestTimeoutMs",
]);

/** What is part of a client, and so useless beside one. */
const partsOfClient = ["credentials", "profile", "region", "clientConfig", "pathStyle"] as const;

const MiB = 1024 * 1024;

// As the SDK wants it, since regions become part of host names.
const regionName = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/;
/** Without dots: the certificates of AWS are for one label before their name. */
const bucketInHostName = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/**
 * Fills in the defaults, by the service that the place is at.
 *
 * @throws StoreError `INVALID_ARGUMENT` for values out of range, for options that exclude each other or what the URL
 *   says, and for an option that does not exist. No message repeats what may be a secret.
 */
export function checkOptions(options: S3Options, place: S3Place): S3Settings {
  mustBeKnown(options, knownOptions);
  checkTypes(options);
  checkLogin(options, place);
  const endpoint = endpointOfConfig(options.clientConfig) ?? place.endpoint;
  const service = options.service ?? (isUnknown(options, endpoint) ? "other" : serviceOf(place, endpoint));
  const preset = presetOf(service);
  return {
    service,
    preset,
    region: options.region ?? regionOfEndpoint(endpoint),
    credentials: credentialsOf(options.credentials, place),
    profile: options.profile ?? place.profile,
    client: options.client,
    clientConfig: { ...options.clientConfig },
    pathStyle: options.pathStyle ?? (preset.pathStyle || !bucketInHostName.test(place.bucket)),
    uploadChecksum: options.uploadChecksum ?? preset.uploadChecksum,
    bulkDelete: options.bulkDelete ?? preset.bulkDelete,
    createIfAbsent: options.createIfAbsent ?? preset.createIfAbsent,
    checkBeforeDelete: options.checkBeforeDelete ?? true,
    verifyLoads: options.verifyLoads ?? false,
    storageClass: options.storageClass,
    encryption: options.encryption === undefined ? undefined : copyEncryption(options.encryption),
    requestPayer: options.requestPayer ?? false,
    partSize: options.partSize ?? 16 * MiB,
    partConcurrency: options.partConcurrency ?? 4,
    concurrency: options.concurrency ?? 32,
    connectTimeoutMs: options.connectTimeoutMs ?? 30_000,
    stallTimeoutMs: options.stallTimeoutMs ?? 30_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
  };
}

/** Each option by itself. */
function checkTypes(options: S3Options): void {
  mustBeOneOf("service", options.service, serviceNames);
  if (options.region !== undefined && !(isText(options.region) && regionName.test(options.region))) {
    refuseOption("region is a name of up to 63 letters, digits and hyphens");
  }
  mustBeCredentials(options.credentials);
  mustBeLine("profile", options.profile);
  if (
    options.client !== undefined &&
    typeof (options.client as Partial<S3Client> | null)?.send !== "function"
  ) {
    refuseOption("client is an S3Client of @aws-sdk/client-s3");
  }
  if (options.clientConfig !== undefined && !isRecord(options.clientConfig)) {
    refuseOption("clientConfig is an object");
  }
  mustBeBoolean("pathStyle", options.pathStyle);
  mustBeOneOf("uploadChecksum", options.uploadChecksum, ["crc32", "md5", "none"]);
  mustBeBoolean("bulkDelete", options.bulkDelete);
  if (options.createIfAbsent !== "probe" && !isOptionalBoolean(options.createIfAbsent)) {
    refuseOption('createIfAbsent is true, false or "probe"');
  }
  mustBeBoolean("checkBeforeDelete", options.checkBeforeDelete);
  mustBeBoolean("verifyLoads", options.verifyLoads);
  mustBeLine("storageClass", options.storageClass);
  mustBeBoolean("requestPayer", options.requestPayer);
  mustBeInteger("partSize", options.partSize, 5 * MiB, 5 * 1024 * MiB);
  mustBeInteger("partConcurrency", options.partConcurrency, 1, 64);
  mustBeInteger("concurrency", options.concurrency, 1, 1024);
  mustBeInteger("connectTimeoutMs", options.connectTimeoutMs, 1, longestTimerMs);
  mustBeInteger("stallTimeoutMs", options.stallTimeoutMs, 1, longestTimerMs);
  mustBeInteger("requestTimeoutMs", options.requestTimeoutMs, 1, longestTimerMs);
}

/** That there is one answer at most to the question who logs in. */
function checkLogin(options: S3Options, place: S3Place): void {
  const inUrl =
    place.accessKeyId !== undefined ? "credentials" : place.profile !== undefined ? "profile" : undefined;
  if (options.client !== undefined) {
    const useless = partsOfClient.find((name) => options[name] !== undefined);
    if (useless !== undefined) {
      refuseOption(`${useless} is not used when there is a client; leave one of them out`);
    }
    if (inUrl !== undefined) {
      refuseOption(`the URL's ${inUrl} is not used when there is a client; leave it out`);
    }
  }
  if (options.credentials !== undefined && options.profile !== undefined) {
    refuseOption("credentials and profile exclude each other");
  }
  const inOptions = (["credentials", "profile"] as const).find((name) => options[name] !== undefined);
  if (inUrl !== undefined && inOptions !== undefined) {
    refuseOption(`${inOptions} of the options and ${inUrl} of the URL exclude each other`);
  }
}

function isOptionalBoolean(value: unknown): boolean {
  return value === undefined || typeof value === "boolean";
}

/**
 * Whether requests go to an address that only the client knows: then nothing may be taken for granted that AWS has and
 * others have not.
 */
function isUnknown({ client, clientConfig }: S3Options, endpoint: string | undefined): boolean {
  return endpoint === undefined && (client !== undefined || clientConfig?.endpoint !== undefined);
}

/** Of the forms that the SDK takes, only the text tells which service it is without calling anything. */
function endpointOfConfig(config: S3ClientConfig | undefined): string | undefined {
  return isText(config?.endpoint) ? config.endpoint : undefined;
}
