import * as fs from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from "vitest";
import { s3, s3Backend, type S3Credentials, type S3Options } from "../src/index.ts";
import { errorDocument } from "./server/error-document.ts";

/** What came, and what is answered: everything is there, and is empty. */
class Witness {
  readonly seen: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  answer: ((headers: IncomingHttpHeaders) => { status: number; body: string }) | undefined;
  readonly #server = createServer((request, response) => {
    request.resume();
    this.seen.push({ path: request.url ?? "", headers: request.headers });
    const { status, body } = this.answer?.(request.headers) ?? { status: 200, body: aMarker };
    response.writeHead(status, { "Content-Type": "application/xml", ETag: '"x"' }).end(body);
  });

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }
}

const aMarker =
  "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>path/</Key></Contents></ListBucketResult>";

const witness = new Witness();
beforeAll(() => witness.start());
afterAll(() => witness.stop());

let before: NodeJS.ProcessEnv = {};

beforeEach(() => {
  before = { ...process.env };
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
  // No machine of a test is asked for its role, and nobody's own files are read.
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: join(tmpdir(), "there-is-no-config"),
    AWS_SHARED_CREDENTIALS_FILE: join(tmpdir(), "there-are-no-credentials"),
  });
  // The SDK warns of keys in the environment that a profile wins over.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  witness.seen.length = 0;
  witness.answer = undefined;
});

afterEach(() => {
  vi.restoreAllMocks();
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
  Object.assign(process.env, before);
});

const configuration = `[default]
region = eu-central-1

[profile work]
region = eu-north-1

[profile in-config]
aws_access_key_id = AKCONFIG
aws_secret_access_key = secret-of-config
`;
const credentialsFile = `[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key = secret-of-default

[work]
aws_access_key_id = AKWORK
aws_secret_access_key = secret-of-work
aws_session_token = token-of-work
`;

/** The SDK remembers what it has read by its path. */
function useFiles(config: string = configuration): void {
  const directory = fs.mkdtempSync(join(tmpdir(), "s3-credentials-"));
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  process.env["AWS_CONFIG_FILE"] = join(directory, "config");
  process.env["AWS_SHARED_CREDENTIALS_FILE"] = join(directory, "credentials");
  fs.writeFileSync(join(directory, "config"), config);
  fs.writeFileSync(join(directory, "credentials"), credentialsFile);
}

interface Login {
  readonly key: string;
  readonly region: string;
  readonly token: string | undefined;
}

function loginOf(headers: IncomingHttpHeaders): Login {
  const [, key = "", region = ""] =
    /Credential=([^/]+)\/\d+\/([^/]+)\/s3\/aws4_request/.exec(headers.authorization ?? "") ?? [];
  return { key, region, token: headers["x-amz-security-token"] as string | undefined };
}

/** What a backend logs in with, and for which region it signs. */
async function loginBy(login: string, options: S3Options = {}): Promise<Login> {
  const backend = s3.fromUrl(`s3:${login}${witness.endpoint}/bucket/path`, options);
  onTestFinished(() => backend.close());
  await backend.open();
  expect(witness.seen).toHaveLength(1);
  return loginOf(witness.seen[0]?.headers ?? {});
}

const inEnvironment = { AWS_ACCESS_KEY_ID: "AKENV", AWS_SECRET_ACCESS_KEY: "secret-of-environment" };
const explicit = { accessKeyId: "AKOPTION", secretAccessKey: "secret-of-option" };

interface Way {
  readonly title: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: boolean;
  /** Of the URL. */
  readonly login?: string;
  readonly options?: S3Options;
  readonly key: string;
  readonly token?: string;
}

const ways: readonly Way[] = [
  { title: "the environment", env: inEnvironment, key: "AKENV" },
  {
    title: "the environment, with a session",
    env: { ...inEnvironment, AWS_SESSION_TOKEN: "token-of-environment" },
    key: "AKENV",
    token: "token-of-environment",
  },
  { title: "the default profile", files: true, key: "AKDEFAULT" },
  {
    title: "a profile of the environment",
    files: true,
    env: { AWS_PROFILE: "work" },
    key: "AKWORK",
    token: "token-of-work",
  },
  { title: "a profile of the URL", files: true, login: "work@", key: "AKWORK", token: "token-of-work" },
  { title: "a profile in the configuration file", files: true, login: "in-config@", key: "AKCONFIG" },
  {
    title: "a profile of the options",
    files: true,
    options: { profile: "work" },
    key: "AKWORK",
    token: "token-of-work",
  },
  {
    title: "a profile of the URL instead of that of the environment",
    files: true,
    env: { AWS_PROFILE: "in-config" },
    login: "work@",
    key: "AKWORK",
    token: "token-of-work",
  },
  {
    title: "a profile of the URL instead of the environment's keys",
    files: true,
    env: inEnvironment,
    login: "work@",
    key: "AKWORK",
    token: "token-of-work",
  },
  { title: "the URL", login: "AK%55RL:secret%40of/url@", key: "AKURL" },
  {
    title: "the URL instead of anything else",
    files: true,
    env: { ...inEnvironment, AWS_SESSION_TOKEN: "token-of-environment", AWS_PROFILE: "work" },
    login: "AKURL:secret@",
    key: "AKURL",
  },
  {
    title: "the options instead of anything else",
    files: true,
    env: { ...inEnvironment, AWS_SESSION_TOKEN: "token-of-environment", AWS_PROFILE: "work" },
    options: { credentials: explicit },
    key: "AKOPTION",
  },
  {
    title: "the options, with a session",
    options: { credentials: { ...explicit, sessionToken: "token-of-option" } },
    key: "AKOPTION",
    token: "token-of-option",
  },
  {
    title: "a function",
    env: inEnvironment,
    options: {
      credentials: async () => await Promise.resolve({ ...explicit, sessionToken: "token-of-function" }),
    },
    key: "AKOPTION",
    token: "token-of-function",
  },
  {
    title: "the configuration of the client, which wins over options",
    options: {
      credentials: explicit,
      clientConfig: { credentials: { accessKeyId: "AKCLIENT", secretAccessKey: "secret-of-client" } },
    },
    key: "AKCLIENT",
  },
];

test.each(ways)(
  "credentials are those of $title",
  async ({ env = {}, files = false, login = "", ...way }) => {
    if (files) useFiles();
    Object.assign(process.env, env);
    const { key, token } = await loginBy(login, way.options);
    expect({ key, token }).toEqual({ key: way.key, token: way.token });
  },
);

test("a function is asked again when its credentials have ended", async () => {
  let asked = 0;
  const credentials = async (): Promise<S3Credentials> => {
    asked++;
    return await Promise.resolve({ ...explicit, sessionToken: `token-${asked}`, expiration: new Date(0) });
  };
  const backend = s3.fromUrl(`s3:${witness.endpoint}/bucket/path`, { credentials });
  onTestFinished(() => backend.close());
  await backend.open();
  await backend.info("a");
  const tokens = witness.seen.map(({ headers }) => headers["x-amz-security-token"]);
  expect(tokens).toHaveLength(2);
  expect(new Set(tokens).size).toBe(2);
});

test("a function that fails is told as a failure of the credentials, with nothing sent", async () => {
  const reason = new Error("the vault is locked");
  const credentials = (): Promise<never> => Promise.reject(reason);
  const backend = s3.fromUrl(`s3:${witness.endpoint}/bucket/path`, { credentials });
  await expect(backend.open()).rejects.toMatchObject({ name: "StoreError", cause: reason });
  expect(witness.seen).toEqual([]);
});

describe("no credentials at all", () => {
  test.each([
    ["anywhere", "", false],
    ["in a profile that there is not", "missing@", true],
  ])("%s are told soon, with what to do, and nothing is sent", async (_title, login, files) => {
    if (files) useFiles();
    const startMs = performance.now();
    const backend = s3.fromUrl(`s3:${login}${witness.endpoint}/bucket/path`);
    await expect(backend.open()).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      retryable: false,
      message: expect.stringMatching(
        /key:secret@ or profile@ in the URL.*environment, profile, SSO/,
      ) as unknown,
    });
    // Without a network there is nothing to wait for.
    expect(performance.now() - startMs).toBeLessThan(20_000);
    expect(witness.seen).toEqual([]);
    expect(backend.isOpen).toBe(false);
  });
});

const regions: readonly (Omit<Way, "key"> & { readonly region: string })[] = [
  { title: "nobody", region: "us-east-1" },
  { title: "AWS_REGION", env: { AWS_REGION: "eu-west-1" }, region: "eu-west-1" },
  { title: "AWS_DEFAULT_REGION", env: { AWS_DEFAULT_REGION: "eu-west-2" }, region: "eu-west-2" },
  {
    title: "AWS_REGION before AWS_DEFAULT_REGION",
    env: { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-2" },
    region: "eu-west-1",
  },
  { title: "an empty AWS_DEFAULT_REGION", env: { AWS_DEFAULT_REGION: "" }, region: "us-east-1" },
  { title: "the default profile", files: true, region: "eu-central-1" },
  { title: "a profile of the URL", files: true, login: "work@", region: "eu-north-1" },
  { title: "a profile of the options", files: true, options: { profile: "work" }, region: "eu-north-1" },
  {
    title: "a profile of the environment",
    files: true,
    env: { AWS_PROFILE: "work" },
    region: "eu-north-1",
  },
  {
    title: "a profile before AWS_DEFAULT_REGION",
    files: true,
    env: { AWS_DEFAULT_REGION: "eu-west-2" },
    login: "work@",
    region: "eu-north-1",
  },
  {
    title: "the option",
    files: true,
    env: { AWS_REGION: "eu-west-1" },
    options: { region: "fsn1" },
    region: "fsn1",
  },
  {
    title: "the configuration of the client",
    env: { AWS_REGION: "eu-west-1" },
    options: { region: "fsn1", clientConfig: { region: "fsn2" } },
    region: "fsn2",
  },
];

test.each(regions)("the region is $region, as told by $title", async ({ env = {}, files, login, ...way }) => {
  if (files === true) useFiles();
  else if (login === undefined) Object.assign(process.env, inEnvironment);
  Object.assign(process.env, env);
  expect((await loginBy(login ?? "", way.options)).region).toBe(way.region);
});

/** Where a backend sends its first request to, when nothing is sent at all. */
async function hostOf(url: string, options: S3Options = {}): Promise<string> {
  let host = "";
  const requestHandler = {
    handle: (request: { readonly hostname: string; readonly port?: number }): Promise<never> => {
      host = request.port === undefined ? request.hostname : `${request.hostname}:${request.port}`;
      return Promise.reject(new Error("seen enough"));
    },
  } as never;
  const backend = s3.fromUrl(url, { ...options, clientConfig: { requestHandler } });
  await expect(backend.open()).rejects.toMatchObject({ name: "StoreError" });
  return host;
}

describe("the endpoint", () => {
  beforeEach(() => void Object.assign(process.env, inEnvironment));

  test("of the environment is used, and shown", async () => {
    process.env["AWS_ENDPOINT_URL_S3"] = witness.endpoint;
    const backend = s3.fromUrl("s3:/bucket/path");
    onTestFinished(() => backend.close());
    expect(String(backend)).toContain(`s3:${witness.endpoint}/bucket/path`);
    await backend.open();
    await backend.store("a", new Uint8Array(1));
    // As to a service that is not AWS.
    expect(witness.seen[1]?.path).toMatch(/^\/bucket\/path\/a/);
    expect(witness.seen[1]?.headers).not.toHaveProperty("x-amz-checksum-crc32");
  });

  test.each<readonly [title: string, env: Readonly<Record<string, string>>, url: string, host: string]>([
    ["is that of AWS by default", {}, "s3:/bucket/path", "bucket.s3.us-east-1.amazonaws.com"],
    ["has the region", { AWS_REGION: "eu-west-1" }, "s3:/bucket/path", "bucket.s3.eu-west-1.amazonaws.com"],
    ["can be that of all services", { AWS_ENDPOINT_URL: "http://host:1" }, "s3:/bucket/path", "host:1"],
    [
      "of S3 wins over that of all services",
      { AWS_ENDPOINT_URL: "http://host:1", AWS_ENDPOINT_URL_S3: "http://host:2/" },
      "s3:/bucket/path",
      "host:2",
    ],
    ["of the URL wins", { AWS_ENDPOINT_URL_S3: "http://host:2" }, "s3:http://host:3/bucket/path", "host:3"],
    [
      "of the environment can be ignored",
      { AWS_ENDPOINT_URL_S3: "http://host:2", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
      "s3:/bucket/path",
      "bucket.s3.us-east-1.amazonaws.com",
    ],
    [
      "of the URL is not ignored then",
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" },
      "s3:http://host:3/bucket/path",
      "host:3",
    ],
    [
      "that is empty is none",
      { AWS_ENDPOINT_URL_S3: "" },
      "s3:/bucket/path",
      "bucket.s3.us-east-1.amazonaws.com",
    ],
    ["is an IPv6 address without brackets", {}, "s3:http://[::1]:4/bucket/path", "[::1]:4"],
  ])("%s", async (_title, env, url, host) => {
    Object.assign(process.env, env);
    expect(await hostOf(url)).toBe(host);
  });

  test("of the environment that is none is refused, without what may be a secret in it", () => {
    process.env["AWS_ENDPOINT_URL_S3"] = "https://me:geheim@host";
    expect(() => s3.fromUrl("s3:/bucket/path")).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(() => s3.fromUrl("s3:/bucket/path")).not.toThrow(/geheim/);
  });

  test.each(["my.bucket", "My_Bucket"])("of AWS is not one of a bucket named %s", async (bucket) => {
    expect(await hostOf(`s3:/${bucket}/path`)).toBe("s3.us-east-1.amazonaws.com");
  });
});

describe("no secret is shown", () => {
  const credentials = {
    accessKeyId: "AKIDENTIFIER",
    secretAccessKey: "very-secret-key",
    sessionToken: "very-secret-token",
  };
  const key = Uint8Array.from({ length: 32 }, (_each, at) => 200 - at);
  const secrets = [
    credentials.secretAccessKey,
    credentials.sessionToken,
    Buffer.from(key).toString("base64"),
    inspect(key).slice(20, 60),
  ];

  /** Those that can be seen when something is printed. */
  function secretsIn(shown: unknown): string[] {
    const texts = [
      String(shown),
      inspect(shown, { depth: Infinity, maxStringLength: Infinity }),
      JSON.stringify(shown),
      shown instanceof Error ? (shown.stack ?? "") : "",
    ];
    return secrets.filter((secret) => texts.join("\n").includes(secret));
  }

  function backendAt(endpoint: string): ReturnType<typeof s3Backend> {
    return s3Backend({
      bucket: "bucket",
      prefix: "path",
      endpoint,
      region: "us-east-1",
      credentials,
      encryption: { algorithm: "customer-key", key },
    });
  }

  test("by a backend, open or not", async () => {
    const backend = backendAt(witness.endpoint);
    onTestFinished(() => backend.close());
    expect(secretsIn(backend)).toEqual([]);
    expect(String(backend)).toBe(`s3(s3:${witness.endpoint}/bucket/path)`);
    await backend.open();
    expect(secretsIn(backend)).toEqual([]);
  });

  test("by a backend of a URL", () => {
    const url = `s3:AKIDENTIFIER:${encodeURIComponent(credentials.secretAccessKey)}@${witness.endpoint}/bucket/path`;
    expect(secretsIn(s3.fromUrl(url))).toEqual([]);
  });

  test("by the error of a connection that fails", async () => {
    const error: unknown = await backendAt("http://127.0.0.1:1")
      .open()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "CONNECTION", unsent: true });
    expect(secretsIn(error)).toEqual([]);
  });

  test.each(["load", "info", "store"] as const)(
    "by the error of a %s that the service refuses, with what it got in its answer",
    async (operation) => {
      const backend = backendAt(witness.endpoint);
      onTestFinished(() => backend.close());
      await backend.open();
      // AWS repeats what it has computed the signature of.
      witness.answer = (headers) => {
        const canonical = Object.entries(headers)
          .filter(([name]) => name.startsWith("x-amz-"))
          .map(([name, value]) => `${name}:${String(value)}`);
        const more = `<AWSAccessKeyId>AKIDENTIFIER</AWSAccessKeyId><CanonicalRequest>${canonical.join("\n")}</CanonicalRequest>`;
        return {
          status: 403,
          body: errorDocument("SignatureDoesNotMatch").replace("</Error>", `${more}</Error>`),
        };
      };
      const work = {
        load: () => backend.load("a"),
        info: () => backend.info("a"),
        store: () => backend.store("a", new Uint8Array(1)),
      };
      const error: unknown = await work[operation]().catch((thrown: unknown) => thrown);
      // Without a body, as HEAD requests are answered, nothing tells that it is the signature.
      const code = operation === "info" ? "PERMISSION_DENIED" : "UNAUTHENTICATED";
      expect(error).toMatchObject({ code, retryable: false });
      expect(secretsIn(error)).toEqual([]);
    },
  );
});
