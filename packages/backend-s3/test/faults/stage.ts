import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import { composeLayers, type Backend, type LayerOptions } from "@borgstore/core";
import { s3Backend, type S3Options } from "../../src/index.ts";
import { optionsFor, Outsider, type Place } from "../place.ts";
import { startInterceptor, type Interceptor } from "../server/interceptor.ts";
import type { RequestHook } from "../server/request-control.ts";
import { partSize, print, type Contents, type Values } from "./contents.ts";
import { socketsTo } from "./resources.ts";
import { until } from "./settled.ts";

/** A service that is running. */
export interface Service {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Place["credentials"];
  createBucket(name: string): Promise<void>;
}

/** Longer than any test takes: nothing ends by it. */
export const patient: S3Options = {
  connectTimeoutMs: 5000,
  stallTimeoutMs: 60_000,
  requestTimeoutMs: 60_000,
};
/** Silence ends soon. A busy machine may take so long for an answer now and then. */
export const impatient: S3Options = { connectTimeoutMs: 1000, stallTimeoutMs: 400, requestTimeoutMs: 400 };

/** The same for large values, where a false alarm costs more. */
export const lessImpatient: S3Options = {
  connectTimeoutMs: 2000,
  stallTimeoutMs: 1500,
  requestTimeoutMs: 600,
};

/** What a test wants. */
export interface StageSetup {
  readonly options?: S3Options;
  readonly layers?: LayerOptions;
  /** What is there at first, beside the marker; `undefined`: not even that. */
  readonly values?: Values | undefined;
  /** Hooks may change headers that are signed. */
  readonly signsAnew?: boolean;
}

/** Layers of a remote backend that do not wait long. */
export function layered(backend: Backend, more: LayerOptions = {}): Backend {
  const retry = { firstDelayMs: 1, maxDelayMs: 20 };
  return composeLayers(backend, { deadline: {}, retry, limit: {}, attemptDeadline: {}, ...more });
}

let buckets = 0;

/** A bucket of a service with a storage in it, which one test uses through an interceptor of its own. */
export class Stage {
  readonly bucket: string;
  /** The service past the interceptor. */
  readonly outsider: Outsider;
  readonly interceptor: Interceptor;
  readonly bare: Backend;
  /** The same backend under layers. */
  readonly backend: Backend;

  private constructor(
    bucket: string,
    outsider: Outsider,
    interceptor: Interceptor,
    bare: Backend,
    backend: Backend,
  ) {
    this.bucket = bucket;
    this.outsider = outsider;
    this.interceptor = interceptor;
    this.bare = bare;
    this.backend = backend;
  }

  static async set(service: Service, setup: StageSetup): Promise<Stage> {
    const { options = {}, layers, signsAnew = false } = setup;
    const { region, credentials } = service;
    const bucket = `stage-${++buckets}`;
    await service.createBucket(bucket);
    const interceptor = await startInterceptor({
      upstream: service.endpoint,
      ...(signsAnew ? { credentials } : {}),
    });
    const outsider = new Outsider({ endpoint: service.endpoint, region, bucket, credentials });
    const place = { endpoint: interceptor.endpoint, region, bucket, credentials };
    const bare = s3Backend(optionsFor(place, "store", { ...patient, partSize, ...options }));
    const stage = new Stage(bucket, outsider, interceptor, bare, layered(bare, layers));
    const values = "values" in setup ? setup.values : {};
    if (values !== undefined) await stage.reset(values, {});
    return stage;
  }

  /** Options for another backend of this storage. */
  optionsFor(service: Service, options: S3Options = {}): Parameters<typeof s3Backend>[0] {
    const { region, credentials } = service;
    const place = { endpoint: this.interceptor.endpoint, region, bucket: this.bucket, credentials };
    return optionsFor(place, "store", { ...patient, partSize, ...options });
  }

  /** What is in the storage, temporary objects too. */
  async contents(): Promise<Contents> {
    const found: Record<string, string> = {};
    let token: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await this.outsider.client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, ContinuationToken: token }),
      );
      for (const { Key: key = "", Size: size, ETag: etag = "" } of page.Contents ?? []) {
        found[key.replace(/^store\//, "")] = `${size} ${etag.replaceAll('"', "")}`;
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
  }

  /** Makes the storage hold these values and nothing else. */
  async reset(values: Values | undefined, found?: Contents): Promise<void> {
    const present = found ?? (await this.contents());
    const wanted: Values = values === undefined ? {} : { "": new Uint8Array(0), ...values };
    const changes = Object.entries(wanted)
      .filter(([name, value]) => present[name] !== print(value))
      .map(([name, value]) => this.put(name, value));
    const doomed = Object.keys(present).filter((name) => !(name in wanted));
    await Promise.all([...changes, ...doomed.map((name) => this.outsider.delete(`store/${name}`))]);
  }

  /** Stores past the interceptor. */
  async put(name: string, value: Uint8Array): Promise<void> {
    await this.outsider.put(`store/${name}`, value);
  }

  /** Uploads that were begun and neither completed nor aborted. */
  async unfinishedUploads(): Promise<number> {
    const { Uploads: uploads = [] } = await this.outsider.client.send(
      new ListMultipartUploadsCommand({ Bucket: this.bucket }),
    );
    return uploads.length;
  }

  /** With a hook that is there for the time of some work. */
  async during<T>(hook: RequestHook, work: () => Promise<T>): Promise<T> {
    const remove = this.interceptor.onRequest(hook);
    try {
      return await work();
    } finally {
      remove();
    }
  }

  /** Closes the backend: no connection is left of it. */
  async leave(): Promise<void> {
    if (this.backend.isOpen) await this.backend.close();
    const { port } = this.interceptor;
    // Of this side: the other one does not notice while it does not read.
    await until(() => socketsTo(port) === 0, "no socket is left after close");
  }

  async tearDown(): Promise<void> {
    this.outsider.close();
    await this.interceptor.stop();
  }
}

/** Plays a test on a stage, and checks in the end that nothing is left of the backend. */
export async function onStage(
  service: Service,
  setup: StageSetup,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = await Stage.set(service, setup);
  try {
    await play(stage);
    await stage.leave();
  } finally {
    await stage.tearDown();
  }
}

/** The same with an open backend. */
export async function onOpenStage(
  service: Service,
  setup: StageSetup,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  await onStage(service, setup, async (stage) => {
    await stage.backend.open();
    stage.interceptor.clear();
    await play(stage);
  });
}
