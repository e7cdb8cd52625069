import { delay, StoreError, type Exchange, type CallSignal } from "@borgstore/core";
import { readFeatures, type Features } from "./features.ts";
import type { Answer, Call, RcClient } from "./rc-client.ts";

/** What is known of an object. */
export interface Stat {
  /** `undefined` where the service does not tell it. */
  readonly size: number | undefined;
  readonly modifiedAtMs: number | undefined;
}

/** After how long a name is looked up again on remotes that may hide what is there. */
const secondLookMs = 200;

/**
 * Counts all calls in one group: rclone would keep a group of its own for each, and takes a third less time so.
 */
const group = "borgstore";

/**
 * How to move: whatever has the new name is not looked at. Otherwise rclone deletes it first, or finds it equal to the
 * old one and deletes that.
 */
const moveConfig = { NoCheckDest: true, IgnoreTimes: true };

/** The calls that objects of one remote need, one each. Uploads are in `uploads.ts`. */
export class Remote {
  readonly client: RcClient;
  /** As rclone takes it in its calls. May hold secrets. */
  readonly fs: string;
  readonly features: Features;
  readonly #path: string;

  private constructor(client: RcClient, fs: string, features: Features) {
    this.client = client;
    this.fs = fs;
    this.features = features;
    this.#path = `/[${escapePath(fs)}]/`;
  }

  /** Asks what the remote can do. Nothing of the storage is looked at. */
  static async open(client: RcClient, fs: string, signal: CallSignal | undefined): Promise<Remote> {
    try {
      const answer = await client.call("operations/fsinfo", { fs, _group: group }, { signal });
      return new Remote(client, fs, readFeatures(answer));
    } catch (error) {
      if (StoreError.is(error, "NOT_A_DIRECTORY")) await lookAtObject(client, fs, signal);
      throw error;
    }
  }

  /** Where a name is, in one form for all sessions of this process: for locks only. */
  pathOf(name: string): string {
    const base = this.fs.replace(/\/+$/, "");
    return base.endsWith(":") ? base + name : `${base}/${name}`;
  }

  /** What is known of an object; `undefined` when there is none. A directory is none. */
  async stat(name: string, { signal }: Call): Promise<Stat | undefined> {
    const item = await this.#secondLook(signal, () => this.#stat(name, { signal, name }, {}));
    return item === undefined ? undefined : { size: sizeOf(item), modifiedAtMs: timeOf(item) };
  }

  /** The digest that the remote has of an object; `undefined` when there is no such object, or no digest of it. */
  async digest(name: string, algorithm: string, { signal }: Call): Promise<string | undefined> {
    const item = await this.#stat(
      name,
      { signal, name, isLong: true },
      { showHash: true, hashTypes: [algorithm], noModTime: true },
    );
    const digest = (item?.["Hashes"] as Readonly<Record<string, unknown>> | undefined)?.[algorithm];
    return typeof digest === "string" && digest !== "" ? digest.toLowerCase() : undefined;
  }

  async #stat(
    name: string,
    call: Call,
    options: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      // Without filesOnly the whole directory would be listed for what is not there.
      const answer = await this.#operation(
        "stat",
        { remote: name, opt: { filesOnly: true, noMimeType: true, ...options } },
        call,
      );
      const { item } = answer;
      if (item === null) return undefined;
      if (typeof item === "object") return item as Readonly<Record<string, unknown>>;
      throw new StoreError("UNEXPECTED", { key: name, detail: "rclone answers stat without an item" });
    } catch (error) {
      if (isNoObject(error)) return undefined;
      throw error;
    }
  }

  /** What has a name: one request, whatever it is. */
  async look(name: string, { signal }: Call): Promise<"object" | "directory" | undefined> {
    return await this.#secondLook(signal, () => this.#look(name, { signal }));
  }

  async #look(name: string, { signal }: Call): Promise<"object" | "directory" | undefined> {
    return await this.client.requests.run({ signal, name }, async (exchange) => {
      const answer = await this.get(exchange, name, "bytes=0-0");
      // Of an empty object no byte can be asked for.
      if (answer.status < 400 || answer.isBroken) {
        answer.body.destroy();
        return "object";
      }
      const failure = await this.client.failureOf(answer, exchange, name);
      if (failure.code === "IS_DIRECTORY") return "directory";
      if (isNoObject(failure)) return undefined;
      if (answer.status === 404 || answer.status === 416) return "object";
      throw failure;
    });
  }

  /** Asks for a value or a part of it, within an exchange whose holder reads the body or destroys it. */
  async get(exchange: Exchange, name: string, range: string | undefined): Promise<Answer> {
    return await this.client.send(exchange, {
      method: "GET",
      path: this.#path + escapePath(name),
      isRepeatable: true,
      ...(range === undefined ? {} : { headers: { range } }),
    });
  }

  /** The length of an object as the service tells it; `undefined` when it does not, or there is none. */
  async length(name: string, { signal }: Call): Promise<number | undefined> {
    return await this.client.requests.run({ signal, name }, async (exchange) => {
      const answer = await this.client.send(exchange, {
        method: "HEAD",
        path: this.#path + escapePath(name),
        isRepeatable: true,
      });
      answer.body.resume();
      const length = answer.headers["content-length"];
      return answer.status === 200 && length !== undefined ? Number(length) : undefined;
    });
  }

  /** Gives an object another name, whatever has that name. */
  async move(name: string, newName: string, { signal }: Call): Promise<void> {
    const ends = { srcFs: this.fs, srcRemote: name, dstFs: this.fs, dstRemote: newName };
    await this.client.call(
      "operations/movefile",
      { ...ends, _config: moveConfig, _group: group },
      { signal, name, isLong: true },
    );
  }

  /** Deletes an object. */
  async delete(name: string, { signal }: Call): Promise<void> {
    await this.#secondLook(signal, () => this.#operation("deletefile", { remote: name }, { signal, name }));
  }

  async mkdir(name: string, { signal }: Call): Promise<void> {
    await this.#operation("mkdir", { remote: name }, { signal, name });
  }

  /** Removes an empty directory; some remotes remove an object as well. */
  async rmdir(name: string, { signal }: Call): Promise<void> {
    await this.#operation("rmdir", { remote: name }, { signal, name });
  }

  /** Removes a directory with all that is in it. */
  async purge(name: string, { signal }: Call): Promise<void> {
    await this.#operation("purge", { remote: name }, { signal, name, isLong: true });
  }

  /** Free and used space, where the remote tells them. */
  async about({ signal }: Call): Promise<Readonly<Record<string, unknown>>> {
    return await this.#operation("about", {}, { signal });
  }

  /** Asks for the entries of a directory within an exchange, whose holder reads them. */
  async postList(
    exchange: Exchange,
    directory: string,
    options: Readonly<Record<string, unknown>>,
  ): Promise<Answer> {
    const opt = { noMimeType: true, ...options };
    return await this.client.post(exchange, "operations/list", {
      fs: this.fs,
      remote: directory,
      opt,
      _group: group,
    });
  }

  /** What goes with an upload, as its query. */
  uploadQuery(directory: string, config: Readonly<Record<string, unknown>>): string {
    const query = { fs: this.fs, remote: directory, _group: group, _config: JSON.stringify(config) };
    return new URLSearchParams(query).toString();
  }

  async #operation(
    operation: string,
    parameters: Readonly<Record<string, unknown>>,
    call: Call,
  ): Promise<Readonly<Record<string, unknown>>> {
    return await this.client.call(
      `operations/${operation}`,
      { fs: this.fs, ...parameters, _group: group },
      call,
    );
  }

  /** Asks again where a name may be hidden by a cache of the remote. */
  async #secondLook<T>(signal: CallSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (!this.features.cachesDirectories) return await work();
    try {
      const found = await work();
      if (found !== undefined) return found;
    } catch (error) {
      if (!isNoObject(error)) throw error;
    }
    await delay(secondLookMs, signal);
    return await work();
  }
}

/**
 * rclone takes a path for an object's when it may not look at it, as with a wrong secret. Rejects with the reason then.
 */
async function lookAtObject(client: RcClient, fs: string, signal: CallSignal | undefined): Promise<void> {
  const [, above = "", name = ""] = /^(.*?)([^/:]*)\/*$/s.exec(fs) ?? [];
  if (name === "") return;
  const parameters = { fs: above, remote: name, opt: { filesOnly: true, noMimeType: true } };
  try {
    await client.call("operations/stat", parameters, { signal });
  } catch (error) {
    if (!isNoObject(error)) throw error;
  }
}

/** Whether a failure says that there is no object of the name: nothing, or nothing can be, or a directory. */
export function isNoObject(error: unknown): boolean {
  return StoreError.is(error, "NOT_FOUND") || StoreError.is(error, "NOT_A_DIRECTORY");
}

/** Length of a value, where the service tells it. */
export function sizeOf({ Size: size }: Readonly<Record<string, unknown>>): number | undefined {
  return typeof size === "number" && size >= 0 ? size : undefined;
}

/** What rclone says of times that it does not know is earlier than any storage. */
const firstTimeMs = Date.UTC(2000, 0, 1);

/** Time of the last change in ms, where it is told. */
export function timeOf({ ModTime: text }: Readonly<Record<string, unknown>>): number | undefined {
  const time = typeof text === "string" && text !== "" ? Date.parse(text) : Number.NaN;
  return time > firstTimeMs ? time : undefined;
}

/** For the path of a request; slashes and colons stay, so that logs of rclone can be read. */
function escapePath(text: string): string {
  return encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%3A", ":");
}
