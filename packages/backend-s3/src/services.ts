import type { S3Place } from "./url.ts";

/** A service with peculiarities that are known. `"other"`: what every S3-compatible service should understand. */
export type ServiceName = "aws" | "b2" | "r2" | "gcs" | "wasabi" | "minio" | "ceph" | "other";

/** How a service wants to be spoken to, and what it can do. */
export interface ServicePreset {
  readonly name: ServiceName;
  /** The bucket stands in the path of requests, not in the host name. */
  readonly pathStyle: boolean;
  /** What goes with an upload beside the SHA-256 that its signature covers. */
  readonly uploadChecksum: "crc32" | "none";
  /** The SDK sends and checks checksums of its own only where the protocol demands them. */
  readonly checksumsWhenRequired: boolean;
  /** Several objects can be deleted by one request (`DeleteObjects`). */
  readonly bulkDelete: boolean;
  /** Such a request carries `Content-MD5` instead of the SDK's CRC32. */
  readonly bulkDeleteMd5: boolean;
  /**
   * An upload with `If-None-Match: *` fails when the object exists; `"probe"`: that has to be tried out, since some
   * services ignore the header and others answer 501. Also where it is documented: a configuration file of the SDK may
   * send the requests elsewhere.
   */
  readonly createIfAbsent: boolean | "probe";
}

/** What works with all of them. */
const compatible = {
  pathStyle: true,
  uploadChecksum: "none",
  checksumsWhenRequired: true,
  bulkDelete: true,
  bulkDeleteMd5: true,
  createIfAbsent: "probe",
} as const;

const presets: Readonly<Record<ServiceName, ServicePreset>> = {
  // If-None-Match since August 2024: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
  aws: {
    name: "aws",
    pathStyle: false,
    uploadChecksum: "crc32",
    checksumsWhenRequired: false,
    bulkDelete: true,
    bulkDeleteMd5: false,
    createIfAbsent: "probe",
  },
  // Has "Delete Multiple Objects" (backblaze.com/docs/cloud-storage-s3-compatible-api), but its documentation does not
  // speak of If-None-Match for uploads: answered 501 in July 2026 (sathinduga/obsidian-s3-sync-and-backup#84).
  b2: { ...compatible, name: "b2" },
  // PutObject and CompleteMultipartUpload obey If-None-Match (developers.cloudflare.com/r2/api/s3/conditional-operations).
  // Takes CRC32 since 2025, before that it answered 501 (cloudflare/cloudflare-docs#19236, skypilot-org/skypilot#5282).
  r2: { ...compatible, name: "r2" },
  // If-None-Match is for requests that retrieve data only (docs.cloud.google.com/storage/docs/request-preconditions), and
  // "POST ?delete is not implemented for objects" (minio/mc#4778, still so in supabase/storage#898 of March 2026).
  gcs: { ...compatible, name: "gcs", bulkDelete: false, createIfAbsent: false },
  // Its documentation says nothing of If-None-Match for uploads.
  wasabi: { ...compatible, name: "wasabi" },
  // If-None-Match works in versions of August 2024 (minio/minio#20346). Those before 2025 refuse DeleteObjects without
  // Content-MD5, and later ones take it as well (minio/minio#20845, owncast/owncast#5190).
  minio: { ...compatible, name: "minio" },
  // Had conditional uploads as an extension of its own before AWS did (ceph/s3-tests#218); which versions obey
  // If-None-Match for uploads in parts is not documented.
  ceph: { ...compatible, name: "ceph" },
  // OVHcloud answered 501 to If-None-Match (ovh/public-cloud-roadmap#671), Incus ignored it (lxc/incus#3651).
  other: { ...compatible, name: "other" },
};

/** All names, for checks of options. */
export const serviceNames: readonly ServiceName[] = Object.keys(presets) as ServiceName[];

// Machines and load balancers of customers are in amazonaws.com too, so one label has to be that of S3.
const awsHost =
  /(?:^|\.)s3[a-z0-9-]*(?:\.dualstack)?(?:\.[a-z]+(?:-[a-z]+)+-\d+)?(?:\.vpce)?\.amazonaws\.(?:com|com\.cn|eu)$/;

const hostsOfServices: readonly (readonly [host: RegExp, service: ServiceName])[] = [
  [awsHost, "aws"],
  [/\.backblazeb2\.com$/, "b2"],
  [/\.r2\.cloudflarestorage\.com$/, "r2"],
  [/(?:^|\.)storage\.googleapis\.com$/, "gcs"],
  [/^storage\.[a-z0-9-]+\.rep\.googleapis\.com$/, "gcs"],
  [/\.wasabisys\.com$/, "wasabi"],
];

/**
 * The service by the host of its endpoint, which is the one given, else that of the place. `b2:` URLs are for B2
 * unless the host is that of another one; without an endpoint it is AWS.
 */
export function serviceOf(place: S3Place, endpoint: string | undefined = place.endpoint): ServiceName {
  const host = hostOf(endpoint);
  const known = hostsOfServices.find(([pattern]) => pattern.test(host))?.[1];
  if (known !== undefined) return known;
  if (place.scheme === "b2") return "b2";
  return endpoint === undefined ? "aws" : "other";
}

/** How to speak to this service. */
export function presetOf(name: ServiceName): ServicePreset {
  return presets[name];
}

const regionsInHosts: readonly RegExp[] = [
  /(?:^|\.)s3(?:-fips|-accesspoint|-accesspoint-fips|express-[a-z0-9-]+)?[.-](?:dualstack\.)?([a-z]{2,4}(?:-[a-z]+)+-\d+)(?:\.vpce)?\.amazonaws\.(?:com|com\.cn|eu)$/,
  /(?:^|\.)s3\.([a-z0-9-]+)\.backblazeb2\.com$/,
  /(?:^|\.)s3\.([a-z]{2}-[a-z]+-\d+)\.wasabisys\.com$/,
];

/** docs.wasabi.com/docs/service-urls-for-wasabis-storage-regions */
const regionsOfHosts: ReadonlyMap<string, string> = new Map([
  ["s3-external-1.amazonaws.com", "us-east-1"],
  ["s3.wasabisys.com", "us-east-1"],
  ["s3.nl-1.wasabisys.com", "eu-central-1"],
  ["s3.de-1.wasabisys.com", "eu-central-2"],
  ["s3.uk-1.wasabisys.com", "eu-west-1"],
  ["s3.fr-1.wasabisys.com", "eu-west-2"],
  ["s3.uk-2.wasabisys.com", "eu-west-3"],
  ["s3.it-1.wasabisys.com", "eu-south-1"],
]);

/**
 * The region that requests to this endpoint are signed for, if its host tells; `"auto"` for services that have none.
 * `undefined` for hosts of all regions, such as s3.amazonaws.com, and for hosts that are not known.
 */
export function regionOfEndpoint(endpoint: string | undefined): string | undefined {
  const host = hostOf(endpoint);
  if (host === "") return undefined;
  const service = hostsOfServices.find(([pattern]) => pattern.test(host))?.[1];
  if (service === "r2" || service === "gcs") return "auto";
  return regionsOfHosts.get(host) ?? regionsInHosts.map((pattern) => pattern.exec(host)?.[1]).find(Boolean);
}

/** In lower case and without a dot at its end; empty if there is none. */
function hostOf(endpoint: string | undefined): string {
  if (endpoint === undefined || !URL.canParse(endpoint)) return "";
  return new URL(endpoint).hostname.toLowerCase().replace(/\.$/, "");
}
