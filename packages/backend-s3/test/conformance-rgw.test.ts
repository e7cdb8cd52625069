import { fullScope, registerSuite, requirePeer, rgwAvailable, startRgw } from "@borgstore/tools-peers";
import { describe, it } from "vitest";
import { casesOfThisSide, longCasesOfReaders, register, type Running } from "./register-server.ts";

const rgw = requirePeer("rgw", rgwAvailable(), "radosgw or another program of Ceph is not installed");
const full = fullScope("the calls of Node are those with the server in this process");

async function start(): Promise<Running> {
  const server = await startRgw();
  await server.createBucket("conformance");
  const { endpoint, region, credentials } = server;
  return { place: { endpoint, region, credentials, bucket: "conformance" }, stop: () => server.stop() };
}

describe.skipIf(!rgw.available)(`Ceph RADOS Gateway ${rgw.tag}`, () => {
  registerSuite(full, it, "s3, RADOS Gateway", () =>
    // Where the machine is busy, the processes of the gateway may be far slower than here.
    register("s3, RADOS Gateway", start, {
      skip: { ...longCasesOfReaders, ...casesOfThisSide },
      caseTimeoutMs: 120_000,
    }),
  );
});
