import type * as ClientS3 from "@aws-sdk/client-s3";
import type * as NodeHandler from "@smithy/node-http-handler";

/** What is used of the SDK, as it is after the lazy import. */
export type Sdk = typeof ClientS3 & Pick<typeof NodeHandler, "NodeHttpHandler">;

let loading: Promise<Sdk> | undefined;

/** Loads the SDK at the first use: it takes a good part of a second, which nobody pays who only imports this package. */
export function loadSdk(): Promise<Sdk> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Sdk> {
  const [client, { NodeHttpHandler }] = await Promise.all([
    import("@aws-sdk/client-s3"),
    import("@smithy/node-http-handler"),
  ]);
  return { ...client, NodeHttpHandler };
}
