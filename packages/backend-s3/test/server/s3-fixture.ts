import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { afterEach } from "vitest";
import { type EmbeddedS3, startEmbeddedS3 } from "./embedded-s3.ts";
import { type Interceptor, startInterceptor } from "./interceptor.ts";

/** Servers and clients of one test file. */
export interface S3Fixture {
  /** An embedded server with the bucket `bucket`. */
  start(): Promise<EmbeddedS3>;
  /** Such a server behind an interceptor, and a client of that, which never tries anything twice. */
  intercept(config?: S3ClientConfig): Promise<InterceptedS3>;
  client(endpoint: string, config?: S3ClientConfig): S3Client;
}

/** What {@link S3Fixture.intercept} starts. */
interface InterceptedS3 {
  readonly server: EmbeddedS3;
  readonly interceptor: Interceptor;
  readonly client: S3Client;
}

/** Ends after each test what it has started. */
export function s3Fixture(): S3Fixture {
  const running: (EmbeddedS3 | Interceptor)[] = [];
  const clients: S3Client[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });

  return {
    async start() {
      const server = await startEmbeddedS3();
      running.push(server);
      await server.createBucket("bucket");
      return server;
    },

    async intercept(config = {}) {
      const server = await this.start();
      const interceptor = await startInterceptor({ upstream: server.endpoint });
      running.push(interceptor);
      return { server, interceptor, client: this.client(interceptor.endpoint, config) };
    },

    client(endpoint, config = {}) {
      const credentials = { accessKeyId: "someone", secretAccessKey: "something" };
      const client = new S3Client({
        endpoint,
        region: "us-east-1",
        credentials,
        forcePathStyle: true,
        maxAttempts: 1,
        ...config,
      });
      clients.push(client);
      return client;
    },
  };
}
