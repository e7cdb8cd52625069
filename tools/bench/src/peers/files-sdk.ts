import type { AsyncCalls } from "../subjects/async-subject.ts";
import { nestKey } from "../measure/keys.ts";
import type { ImportPeer } from "./install.ts";

/** The client of files-sdk, which is the same for all of its providers. */
interface Files {
  upload(key: string, body: Uint8Array): Promise<object>;
  download(key: string): Promise<{ arrayBuffer(): Promise<ArrayBuffer> }>;
  head(key: string): Promise<{ readonly size: number }>;
  delete(key: string): Promise<void>;
  listAll(options: { readonly prefix?: string }): AsyncIterable<object>;
}

/** Makes the client of one provider: of its options, the calls below a prefix. */
export type OpenFiles = (options: object, prefix?: string) => Required<Omit<AsyncCalls, "close">>;

/** Imports files-sdk with one of its providers, which is a function of the provider's name in a module of that name. */
export async function importFiles(importPeer: ImportPeer, provider: string): Promise<OpenFiles> {
  type Module = { readonly Files: new (options: { readonly adapter: object }) => Files };
  const { Files: Client } = (await importPeer("files-sdk")) as Module;
  type Provider = Readonly<Record<string, (options: object) => object>>;
  const makeAdapter = ((await importPeer(`files-sdk/${provider}`)) as Provider)[provider];
  if (makeAdapter === undefined) throw new Error(`files-sdk has no provider ${provider}`);
  return (options, prefix) => {
    const files = new Client({ adapter: makeAdapter(options) });
    const nameOf = (key: string): string => `${prefix === undefined ? "" : `${prefix}/`}${nestKey(key)}`;
    return {
      store: (key, value) => files.upload(nameOf(key), value),
      load: async (key) => new Uint8Array(await (await files.download(nameOf(key))).arrayBuffer()),
      info: (key) => files.head(nameOf(key)),
      delete: (key) => files.delete(nameOf(key)),
      list: async () => {
        let count = 0;
        for await (const _ of files.listAll(prefix === undefined ? {} : { prefix: `${prefix}/` })) count++;
        return count;
      },
    };
  };
}
