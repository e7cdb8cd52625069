import { StoreError } from "@borgstore/core";
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { addContentMd5 } from "./content-md5.ts";
import type { S3Settings } from "./options.ts";
import { RequestHandler } from "./request-handler.ts";
import { loadSdk, type Sdk } from "./sdk.ts";
import type { S3Place } from "./url.ts";

/** A client that is ready for use. */
export interface Connection {
  readonly sdk: Sdk;
  readonly client: S3Client;
  /** Tells services apart: what is found out about one holds for all connections to it. */
  readonly service: string;
  /** Whether the SDK adds a CRC32 to every upload by itself. */
  readonly addsCrc32: boolean;
  /** Closes the sockets, unless the client is the caller's. */
  close(): void;
}

/** Makes a connection. */
export type Connect = () => Promise<Connection>;

/** Where the environment and the configuration files say nothing, as most services and the AWS tools have it. */
const defaultRegion = "us-east-1";

/**
 * Makes the SDK's client, or takes the caller's. Loads the SDK and reads its configuration files; sends nothing.
 *
 * @throws StoreError `INVALID_ARGUMENT` when the SDK refuses the configuration.
 */
export async function connect(place: S3Place, settings: S3Settings): Promise<Connection> {
  const sdk = await loadSdk();
  const isOurs = settings.client === undefined;
  const client = settings.client ?? (await makeClient(sdk, place, settings));
  return {
    sdk,
    client: ownView(client, settings),
    service: await serviceOfClient(client),
    addsCrc32: (await client.config.requestChecksumCalculation()) === "WHEN_SUPPORTED",
    close: () => {
      if (isOurs) client.destroy();
    },
  };
}

async function makeClient(sdk: Sdk, place: S3Place, settings: S3Settings): Promise<S3Client> {
  const config = clientConfig(sdk, place, settings);
  try {
    if (config.region !== undefined) return new sdk.S3Client(config);
    // Left to the SDK, which knows the environment and the profiles; it refuses to have none.
    const client = new sdk.S3Client(config);
    if (await hasRegion(client)) return client;
    client.destroy();
    return new sdk.S3Client({ ...config, region: fallbackRegion() });
  } catch (cause) {
    throw new StoreError("INVALID_ARGUMENT", {
      detail: "the SDK refuses the configuration of the client",
      cause,
    });
  }
}

async function hasRegion(client: S3Client): Promise<boolean> {
  try {
    return (await client.config.region()) !== "";
  } catch {
    return false;
  }
}

function fallbackRegion(): string {
  // What the AWS command line and the reference read, and the SDK does not.
  const region = process.env["AWS_DEFAULT_REGION"];
  return region === undefined || region === "" ? defaultRegion : region;
}

function clientConfig(sdk: Sdk, place: S3Place, settings: S3Settings): S3ClientConfig {
  const { credentials, preset, profile, region } = settings;
  return {
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(profile === undefined ? {} : { profile }),
    forcePathStyle: settings.pathStyle,
    requestChecksumCalculation: settings.uploadChecksum === "crc32" ? "WHEN_SUPPORTED" : "WHEN_REQUIRED",
    responseChecksumValidation: preset.checksumsWhenRequired ? "WHEN_REQUIRED" : "WHEN_SUPPORTED",
    // Waiting for leave costs a round trip and a connection of its own.
    expectContinueHeader: false,
    maxAttempts: 1,
    requestHandler: new RequestHandler(sdk, settings),
    ...settings.clientConfig,
  };
}

/** Middleware that has nothing to do here, and that each request would wait for. */
const unneeded = [
  // No logger was given.
  "loggerMiddleware",
  // Nothing is sent with Expect, and redirects are not followed.
  "addExpectContinueMiddleware",
  "regionRedirectMiddleware",
];

/**
 * The client with middleware of our own, which a caller's client must not get for its other uses. It does not repeat
 * anything: the layers above the backend do, and two loops would multiply.
 */
function ownView(client: S3Client, settings: S3Settings): S3Client {
  const middlewareStack = client.middlewareStack.clone();
  // Replaced and not removed, because the place of others is told by its name.
  middlewareStack.add((next) => next, {
    name: "retryMiddleware",
    step: "finalizeRequest",
    priority: "high",
    override: true,
  });
  if (settings.client === undefined) for (const name of unneeded) middlewareStack.remove(name);
  if (settings.preset.bulkDeleteMd5) addContentMd5(middlewareStack);
  return Object.create(client, { middlewareStack: { value: middlewareStack } }) as S3Client;
}

/** The address that a client sends to, or the region when it is the service's own. */
async function serviceOfClient(client: S3Client): Promise<string> {
  const endpoint = await client.config.endpoint?.();
  if (endpoint === undefined) return `region ${await client.config.region()}`;
  const { protocol, hostname, port } = endpoint;
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}`;
}
