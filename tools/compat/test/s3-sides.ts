import path from "node:path";
import { s3, type S3Options } from "@borgstore/backend-s3";
import { openStore, Store } from "@borgstore/core";
import { findPythonReference, requirePeer, rgwAvailable, startRgw, type Rgw } from "@borgstore/tools-peers";
import { afterAll, beforeAll } from "vitest";
import { Bystander } from "./bystander.ts";
import type { GoldenStore } from "./golden.ts";
import { PythonReference } from "./python-reference.ts";
import { TwoSides, type Side } from "./two-sides.ts";

export const rgwPeer = requirePeer("rgw", rgwAvailable(), "radosgw or ceph is not installed");
const python = findPythonReference();
export const pythonPeer = requirePeer(
  "python borgstore",
  python !== undefined,
  "no Python that can import borgstore",
);

/** What a storage is made as, and by whom. */
export interface Layout {
  readonly config: GoldenStore["config"];
  readonly creator: Side;
  readonly scheme?: "s3" | "b2";
}

/** A storage that both sides have open. */
export interface Shared {
  readonly ours: Store;
  readonly theirs: PythonReference;
  /** What the keys of its objects begin with, in the bucket. */
  readonly prefix: string;
}

const bucket = "live";
let rgw: Rgw;
let count = 0;

/** A gateway with one bucket for all tests of a file, and who looks into it. */
export interface TestBucket {
  readonly name: string;
  readonly server: Rgw;
  readonly bystander: Bystander;
}

/** Starts the gateway before the first test, and stops it after the last. */
export function useBucket(): TestBucket {
  let bystander: Bystander | undefined;
  beforeAll(async () => {
    if (!rgwPeer.available) return;
    rgw = await startRgw();
    await rgw.createBucket(bucket);
    bystander = new Bystander({ ...rgw, name: bucket });
  });
  afterAll(async () => {
    bystander?.close();
    if (rgwPeer.available) await rgw.stop();
  });
  return {
    name: bucket,
    get server() {
      return rgw;
    },
    get bystander() {
      if (bystander === undefined) throw new Error("there is no gateway");
      return bystander;
    },
  };
}

/** The path of a storage that no other test uses. */
export function newPath(): string {
  return `storage-${++count}/below`;
}

/** The URL, the same for both sides. */
function urlOf(storage: string, scheme: Layout["scheme"] = "s3"): string {
  const { accessKeyId, secretAccessKey } = rgw.credentials;
  return `${scheme}:${accessKeyId}:${secretAccessKey}@${rgw.endpoint}/${bucket}/${storage}`;
}

/** A store of ours that is not open. */
export function closedStore(
  storage: string,
  namespaces: GoldenStore["config"] = { data: { levels: [0] } },
): Store {
  return new Store({ backend: s3.fromUrl(urlOf(storage)), namespaces });
}

export async function openHere(
  storage: string,
  namespaces: GoldenStore["config"],
  {
    create = false,
    scheme,
    ...backendOptions
  }: S3Options & { create?: boolean; scheme?: Layout["scheme"] } = {},
): Promise<Store> {
  return await openStore(urlOf(storage, scheme), { backends: [s3], backendOptions, namespaces, create });
}

/** A store of the reference that is not open. */
export function reference(
  storage: string,
  config: GoldenStore["config"] = { data: { levels: [0] } },
  scheme?: Layout["scheme"],
): PythonReference {
  // Without what whoever runs the tests has set up for other places.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")));
  const nothing = path.join(import.meta.dirname, "no-such-file");
  return new PythonReference(
    python as string,
    { url: urlOf(storage, scheme), config },
    {
      ...env,
      AWS_CONFIG_FILE: nothing,
      AWS_SHARED_CREDENTIALS_FILE: nothing,
      AWS_EC2_METADATA_DISABLED: "true",
      NO_PROXY: "127.0.0.1",
    },
  );
}

/** Makes a storage by its creator, opens it on both sides, and closes it after the work. */
export async function withBoth(
  { config, creator, scheme }: Layout,
  work: (shared: Shared) => Promise<void>,
): Promise<void> {
  const storage = newPath();
  await using theirs = reference(storage, config, scheme);
  if (creator === "theirs") await theirs.run("create");
  await using ours = await openHere(storage, config, {
    create: creator === "ours",
    ...(scheme && { scheme }),
  });
  await theirs.run("open");
  await work({ ours, theirs, prefix: `${storage}/` });
  await theirs.run("close");
}

/** The same with the items of one namespace, on one level. */
export async function withNamespace(
  layout: { readonly namespace: string; readonly level: number } & Omit<Layout, "config">,
  work: (both: TwoSides, shared: Shared) => Promise<void>,
): Promise<void> {
  const { namespace, level, ...rest } = layout;
  await withBoth({ config: { [namespace]: { levels: [level] } }, ...rest }, async (shared) => {
    await work(new TwoSides(namespace, shared.ours, shared.theirs), shared);
  });
}
