import { longCases, register, type Running } from "./register-server.ts";
import { startEmbeddedS3 } from "./server/embedded-s3.ts";

async function start(): Promise<Running> {
  const server = await startEmbeddedS3();
  await server.createBucket("conformance");
  const { endpoint, region, credentials } = server;
  return { place: { endpoint, region, credentials, bucket: "conformance" }, stop: () => server.stop() };
}

register("s3, in this process", start, { skip: longCases });
