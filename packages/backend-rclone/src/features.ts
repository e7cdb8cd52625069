import { StoreError, type Capabilities } from "@borgstore/core";

/** What rclone says of a remote (`operations/fsinfo`), as far as something here depends on it. */
export interface Features {
  /** A directory of this machine: a rename replaces in one step. */
  readonly isLocal: boolean;
  /** Objects in buckets: an upload is visible when it is complete, and a move is a copy and a deletion. */
  readonly isBucketBased: boolean;
  /** Whether directories are things of their own. */
  readonly hasDirectories: boolean;
  /** Whether objects are renamed, and not copied. */
  readonly canMove: boolean;
  /** Whether values can be uploaded whose length is not known beforehand. */
  readonly canStream: boolean;
  /** Whether one call deletes a directory with all that is in it. */
  readonly canPurge: boolean;
  /** Whether one call lists a whole tree at the price of a flat listing. */
  readonly listsRecursively: boolean;
  /** Whether free and used space are told. */
  readonly tellsSpace: boolean;
  /** Whether a digest takes reading the whole value. */
  readonly hashesSlowly: boolean;
  /** Whether several objects can have one name. */
  readonly hasDuplicates: boolean;
  /** Whether names are looked up in a cache of directories, which may hide what is there. */
  readonly cachesDirectories: boolean;
  /** Algorithms of which the remote tells digests, by rclone's names. */
  readonly hashes: ReadonlySet<string>;
}

/**
 * Reads the answer of `operations/fsinfo`.
 *
 * @throws StoreError `UNEXPECTED` when it is none.
 */
export function readFeatures(answer: Readonly<Record<string, unknown>>): Features {
  const { Features: features, Hashes: hashes } = answer;
  if (typeof features !== "object" || features === null) {
    throw new StoreError("UNEXPECTED", { detail: "rclone does not say what the remote can do" });
  }
  const is = (name: string): boolean => (features as Readonly<Record<string, unknown>>)[name] === true;
  return Object.freeze({
    isLocal: is("IsLocal"),
    isBucketBased: is("BucketBased"),
    hasDirectories: is("CanHaveEmptyDirectories"),
    canMove: is("Move"),
    canStream: is("PutStream"),
    canPurge: is("Purge"),
    listsRecursively: is("ListR"),
    tellsSpace: is("About"),
    hashesSlowly: is("SlowHash"),
    hasDuplicates: is("DuplicateFiles"),
    cachesDirectories: is("DirCacheFlush"),
    hashes: new Set(Array.isArray(hashes) ? hashes.filter((name) => typeof name === "string") : []),
  });
}

/** Whether uploads go to the object's own name: nobody sees them before they are complete. */
export function publishesUploads({ isBucketBased, hasDirectories }: Features): boolean {
  return isBucketBased && !hasDirectories;
}

/** Whether moving a file onto another one replaces it in one step. */
export function replacesByMoving({ isLocal, canMove }: Features): boolean {
  return isLocal && canMove;
}

/** What can be promised, by what the remote can do; before it is known, the least. */
export function capabilitiesOf(features: Features | undefined, concurrency: number): Capabilities {
  const isBucket = features !== undefined && publishesUploads(features);
  const replaces = features !== undefined && replacesByMoving(features);
  return Object.freeze({
    atomicReplace: isBucket || replaces,
    atomicMove: replaces,
    createIfAbsent: false,
    directories: features?.hasDirectories ?? true,
    rangedLoad: true,
    nativeHash: true,
    accessTime: false,
    durable: isBucket,
    remote: true,
    concurrency,
  });
}
