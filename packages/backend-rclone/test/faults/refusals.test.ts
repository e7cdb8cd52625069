import { composeLayers, defaultLayers, StoreError } from "@borgstore/core";
import { opensshAvailable, opensshReason, requirePeer, startSshd } from "@borgstore/tools-peers";
import * as fs from "node:fs";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { rclone, rcloneBackend, type RcloneBackendOptions } from "../../src/index.ts";
import { distributionRclone, newestRclone, s3 } from "../remotes.ts";
import { newDirectory, removeDirectory } from "../servers/new-directory.ts";
import { writeRcloneConf } from "../servers/rclone-conf.ts";
import { nothingMoreThan, resources } from "./resources.ts";
import { full } from "./scope.ts";
import { settled } from "./settled.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());

function freshDirectory(): string {
  const directory = newDirectory();
  onTestFinished(() => removeDirectory(directory));
  return directory;
}

function emptyConf(): string {
  return writeRcloneConf(freshDirectory());
}

/** All that an error or a backend shows of itself to whoever prints it. */
function shown(thing: unknown): string {
  const chain: unknown[] = [];
  for (let one = thing; one instanceof Error; one = one.cause)
    chain.push(one.message, one.stack, String(one));
  return [
    ...chain,
    String(thing),
    inspect(thing, { depth: 10, showHidden: true }),
    JSON.stringify(thing),
  ].join("\n");
}

/** What opening fails with, under the layers that a store has; no secret of `secrets` is in it. */
async function refusalOf(options: RcloneBackendOptions, secrets: readonly string[]): Promise<StoreError> {
  const nothing = resources();
  const bare = rcloneBackend(options);
  const backend = composeLayers(bare, defaultLayers(bare.capabilities));
  const { error, tookMs } = await settled(backend.open(), "open");
  expect(tookMs).toBeLessThan(50_000);
  for (const text of [shown(error), shown(bare), shown(backend)]) {
    for (const secret of secrets) expect(text).not.toContain(secret);
  }
  if (!StoreError.is(error)) throw new Error("no StoreError", { cause: error });
  // It stays running for a moment, as mostly a second call follows.
  await nothingMoreThan(nothing);
  return error;
}

for (const { title, program, available } of [distributionRclone, newestRclone]) {
  describe.skipIf(full.isLeftOut || !available)(`${title} is refused${full.tag}`, () => {
    test("a remote that no configuration has: it says what to do, at once", async () => {
      const options = { remote: "nosuch:path", configFile: emptyConf(), rcloneProgram: program };
      const error = await refusalOf(options, []);
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", retryable: false });
      expect(error.message).toContain("rclone listremotes");
    });

    test("a configuration file that is not there", async () => {
      const configFile = `${freshDirectory()}/none.conf`;
      const error = await refusalOf({ remote: "x:path", configFile, rcloneProgram: program }, []);
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", retryable: false, unsent: true });
      expect(error.message).toContain(configFile);
    });

    test("a kind of remote that does not exist, and options that it does not have", async () => {
      const configFile = emptyConf();
      const unknown = await refusalOf({ remote: ":nokind:path", configFile, rcloneProgram: program }, []);
      expect(unknown).toMatchObject({ code: "INVALID_ARGUMENT", retryable: false });
    });

    const secret = "Tr0ub4dor-and-3";
    const other = "correct-horse-battery";
    const connectionStrings = {
      s3: `:s3,provider=Ceph,endpoint="http://127.0.0.1:1",access_key_id=${other},secret_access_key=${secret}:bucket/p`,
      webdav: `:webdav,url="http://user:${secret}@127.0.0.1:1/x",pass=${other}:x`,
      sftp: `:sftp,host=127.0.0.1,port=1,user=me,pass=${other},key_pem="${secret}":x`,
      "a broken one": `:s3,access_key_id=${other},secret_access_key='${secret}:bucket`,
      http: `:http,url='http://${other}:${secret}@127.0.0.1:1/':x`,
    };

    test.each(Object.entries(connectionStrings))(
      "no secret is told of a connection string: %s",
      async (_, remote) => {
        const environment = { RCLONE_LOW_LEVEL_RETRIES: "1" };
        const options = {
          configFile: emptyConf(),
          rcloneProgram: program,
          environment,
          requestTimeoutMs: 3000,
        };
        const text = await (async () => {
          try {
            const bare = rclone.fromUrl(`rclone:${remote}`, options);
            const { error } = await settled(bare.open(), "open");
            expect(error).toBeDefined();
            return [shown(error), shown(bare)].join("\n");
          } catch (error) {
            return shown(error);
          }
        })();
        for (const one of [secret, other]) expect(text).not.toContain(one);
      },
    );

    test("no secret is told of the environment", async () => {
      const environment = {
        RCLONE_CONFIG_THERE_TYPE: "webdav",
        RCLONE_CONFIG_THERE_URL: `http://me:${secret}@127.0.0.1:1/`,
        RCLONE_CONFIG_THERE_PASS: other,
        RCLONE_CONFIG_THERE_BEARER_TOKEN: other,
      };
      const options = { remote: "there:x", configFile: emptyConf(), rcloneProgram: program, environment };
      const error = await refusalOf({ ...options, requestTimeoutMs: 3000 }, [secret, other]);
      expect(error.message).toContain("rclone");
    });

    test.skipIf(!openssh.available)(`by OpenSSH, as the key is not authorized ${openssh.tag}`, async () => {
      const directory = freshDirectory();
      await using sshd = await startSshd({ directory });
      const configFile = writeRcloneConf(directory, "testsftp", {
        type: "sftp",
        host: "127.0.0.1",
        port: String(sshd.port),
        user: sshd.user,
        key_file: sshd.strangerKeyFile,
        known_hosts_file: sshd.knownHostsFile,
        shell_type: "none",
      });
      const error = await refusalOf(
        { remote: `testsftp:${directory}/store`, configFile, rcloneProgram: program },
        [],
      );
      expect(error).toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
    });

    test.skipIf(!openssh.available)(`a host key that has changed ${openssh.tag}`, async () => {
      const directory = freshDirectory();
      await using sshd = await startSshd({ directory });
      await sshd.newHostKey();
      const configFile = writeRcloneConf(directory, "testsftp", {
        type: "sftp",
        host: "127.0.0.1",
        port: String(sshd.port),
        user: sshd.user,
        key_file: sshd.clientKeyFile,
        known_hosts_file: sshd.knownHostsFile,
        shell_type: "none",
      });
      const error = await refusalOf(
        { remote: `testsftp:${directory}/store`, configFile, rcloneProgram: program },
        [],
      );
      expect(error).toMatchObject({ code: "HOST_KEY", retryable: false });
    });

    test.skipIf(!s3.available)(`by ${s3.title}, as the secret is wrong`, async () => {
      const place = await s3.start();
      onTestFinished(() => place.stop());
      const { remote, configFile } = place.options("");
      const text = fs.readFileSync(configFile, "utf8");
      const wrong = `${configFile}.wrong`;
      fs.writeFileSync(wrong, text.replace(/(secret_access_key = ).*/, `$1${secret}`));
      const error = await refusalOf({ remote, configFile: wrong, rcloneProgram: program }, [secret]);
      expect(["UNAUTHENTICATED", "PERMISSION_DENIED"]).toContain(error.code);
      expect(error.retryable).toBe(false);
    });
  });
}
