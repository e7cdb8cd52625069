import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { posixfs } from "@borgstore/backend-posixfs";
import { rclone, type RcloneOptions } from "@borgstore/backend-rclone";
import { s3 } from "@borgstore/backend-s3";
import { openStore, Store } from "@borgstore/core";
import { findPythonReference, rcloneAvailable, requirePeer } from "@borgstore/tools-peers";
import type { GoldenStore } from "./golden.ts";
import { PythonReference } from "./python-reference.ts";
import type { TestBucket } from "./s3-sides.ts";
import { filesBelow, fileUrl } from "./temp-directory.ts";
import type { Side } from "./two-sides.ts";

export const rclonePeer = requirePeer("rclone", rcloneAvailable(), "rclone or ssh-keygen is not installed");
const python = findPythonReference();
/** The one program for both sides. */
const program = "rclone";

/** Where storages are, as rclone reaches them, and without it. */
export interface Medium {
  /** With the colon or slash that the name of a storage follows. */
  readonly remote: string;
  /** What rclone's configuration file says. */
  readonly configuration: string;
  /** What an empty storage of ours consists of. */
  readonly marker: readonly string[];
  /** Paths of the objects of a storage; none when it does not exist. */
  paths(storage: string): Promise<readonly string[]>;
  put(storage: string, name: string, value: Uint8Array): Promise<void>;
  /** Opens a storage by the backend that needs no rclone. */
  openDirectly(storage: string, namespaces: GoldenStore["config"]): Promise<Store>;
}

/** A storage that both sides have open. */
export interface Shared {
  readonly ours: Store;
  readonly theirs: PythonReference;
  readonly storage: string;
}

/** A directory of this machine, by its path. */
export function localMedium(directory: string): Medium {
  return {
    remote: `${directory}/`,
    configuration: "",
    marker: [],
    paths: async (storage) => {
      const folder = path.join(directory, storage);
      return await Promise.resolve(existsSync(folder) ? Object.keys(filesBelow(folder)) : []);
    },
    put: async (storage, name, value) => {
      const file = path.join(directory, storage, name);
      mkdirSync(path.dirname(file), { recursive: true });
      await Promise.resolve(writeFileSync(file, value));
    },
    openDirectly: async (storage, namespaces) =>
      await openStore(fileUrl(path.join(directory, storage)), { backends: [posixfs], namespaces }),
  };
}

/** A bucket, by a remote that the configuration file knows. */
export function bucketMedium({ name: bucket, server, bystander }: TestBucket): Medium {
  const { endpoint, region, credentials } = server;
  const { accessKeyId, secretAccessKey } = credentials;
  const settings = {
    type: "s3",
    provider: "Ceph",
    endpoint,
    region,
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  return {
    remote: `live:${bucket}/`,
    configuration: `[live]\n${lines.join("")}`,
    marker: ["borgstore.hid"],
    paths: async (storage) => Object.keys(await bystander.objects(`${storage}/`)),
    put: async (storage, name, value) => await bystander.put(`${storage}/${name}`, value),
    openDirectly: async (storage, namespaces) => {
      const url = `s3:${accessKeyId}:${secretAccessKey}@${endpoint}/${bucket}/${storage}`;
      return await openStore(url, { backends: [s3], namespaces });
    },
  };
}

/** Both sides on one medium, with one configuration. */
export class RcloneSides {
  readonly medium: Medium;
  readonly #configFile: string;
  #count = 0;

  /** @param directory for the configuration file; it exists */
  constructor(medium: Medium, directory: string) {
    this.medium = medium;
    this.#configFile = path.join(directory, "rclone.conf");
    writeFileSync(this.#configFile, medium.configuration, { mode: 0o600 });
  }

  /** The path of a storage that no other test uses. */
  newStorage(): string {
    return `storage-${++this.#count}/below`;
  }

  /** The URL, the same for both sides. */
  #urlOf(storage: string): string {
    return `rclone:${this.medium.remote}${storage}`;
  }

  get #options(): RcloneOptions {
    // With AWS_CA_BUNDLE every request of rclone 1.60 to S3 fails, also without TLS. Empty is as if it were not set.
    return {
      rcloneProgram: program,
      configFile: this.#configFile,
      environment: { AWS_CA_BUNDLE: "" },
    };
  }

  /** A store of ours that is not open. */
  closedStore(storage: string, namespaces: GoldenStore["config"]): Store {
    return new Store({ backend: rclone.fromUrl(this.#urlOf(storage), this.#options), namespaces });
  }

  async openHere(storage: string, namespaces: GoldenStore["config"], create = false): Promise<Store> {
    const options = { backends: [rclone], backendOptions: this.#options, namespaces, create };
    return await openStore(this.#urlOf(storage), options);
  }

  /** A store of the reference that is not open. */
  reference(storage: string, config: GoldenStore["config"]): PythonReference {
    // Without what whoever runs the tests has set up for other places.
    const env = Object.entries(process.env).filter(([name]) => !/^(?:AWS|RCLONE)_/.test(name));
    return new PythonReference(
      python as string,
      { url: this.#urlOf(storage), config },
      { ...Object.fromEntries(env), RCLONE_BINARY: program, RCLONE_CONFIG: this.#configFile },
    );
  }

  /** Makes a storage by its creator, opens it on both sides, and closes it there after the work. */
  async withBoth(
    config: GoldenStore["config"],
    creator: Side,
    work: (shared: Shared) => Promise<void>,
  ): Promise<void> {
    const storage = this.newStorage();
    await using theirs = this.reference(storage, config);
    if (creator === "theirs") await theirs.run("create");
    // One of the reference's in a bucket is nothing as long as it is empty, so it is made here too.
    await using ours = await this.openHere(storage, config, true);
    await theirs.run("open");
    await work({ ours, theirs, storage });
    await theirs.run("close");
  }
}
