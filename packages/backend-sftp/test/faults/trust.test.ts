import { StoreError, type Backend } from "@borgstore/core";
import { opensshAvailable, opensshReason, requirePeer } from "@borgstore/tools-peers";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { sftpBackend, type SftpOptions } from "../../src/index.ts";
import { freshDirectory } from "../fresh-directory.ts";
import { bytes } from "./contents.ts";
import { collect } from "./operations.ts";
import { startRealServer, transports, type RealServer, type Transport } from "./real-server.ts";
import { idleResources, nothingMoreThan } from "./resources.ts";
import { failure, settled } from "./settled.ts";
import { full } from "./scope.ts";

const openssh = requirePeer("openssh", opensshAvailable(), opensshReason());
const each = transports.map((transport) => ({ transport }));
const withinMs = 30_000;

/** As `ssh-keygen -l` prints it. */
function fingerprint(keyFile: string): string {
  const found = /SHA256:\S+/.exec(
    execFileSync("ssh-keygen", ["-lf", `${keyFile}.pub`], { encoding: "utf8" }),
  );
  return found?.[0] ?? "no fingerprint";
}

describe.skipIf(full.isLeftOut || !openssh.available)(
  `trust between us and OpenSSH ${openssh.tag}${full.tag}`,
  () => {
    let server: RealServer;
    beforeAll(async () => {
      server = await startRealServer();
    });
    afterAll(() => server.stop());
    afterEach(() => server.quiet());

    function backendFor(transport: Transport, more: SftpOptions = {}): Backend {
      return sftpBackend(server.options(transport, "trust", more));
    }

    test.each(each)(
      "is refused to a host that nobody has accepted yet (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const empty = join(freshDirectory(), "known_hosts");
        fs.writeFileSync(empty, "");
        const backend = backendFor(transport, { sshOptions: { UserKnownHostsFile: empty } });
        const error = await failure(backend.create(), "HOST_KEY", withinMs);
        const [hostKey = ""] = server.sshd.hostKeyFiles;
        expect(error.message).toContain(fingerprint(hostKey));
        // The command that accepts it.
        expect(error.message).toMatch(/ssh .*127\.0\.0\.1/);
        expect(error.unsent).toBe(true);
        expect(fs.existsSync(server.directoryOf("trust"))).toBe(false);
        expect(fs.readFileSync(empty, "utf8")).toBe("");
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)(
      "is refused to a client with another key, and no secret is told (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const { strangerKeyFile, clientKeyFile, sshConfigFile } = server.sshd;
        const config = join(freshDirectory(), "ssh_config");
        fs.writeFileSync(
          config,
          fs.readFileSync(sshConfigFile, "utf8").replace(clientKeyFile, strangerKeyFile),
        );
        const backend = backendFor(transport, {
          sshConfigFile: config,
          ...(transport === "ssh2" ? { password: () => "open barley" } : {}),
        });
        const error = await failure(backend.open(), "UNAUTHENTICATED", withinMs);
        const said = `${error.message} ${String(error.cause)} ${JSON.stringify(error)} ${error.stack ?? ""}`;
        const secrets = fs
          .readFileSync(strangerKeyFile, "utf8")
          .split("\n")
          .filter((line) => line !== "" && !line.startsWith("-----"));
        for (const secret of [...secrets, "open barley"]) expect(said).not.toContain(secret);
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)(
      "ends when the host key is another one than before (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        const known = fs.readFileSync(server.sshd.knownHostsFile, "utf8");
        const storage = `changed-${transport}`;
        const backend = sftpBackend(server.options(transport, storage));
        await backend.create();
        await backend.open();
        await backend.store("data/old", bytes(100, 1));
        await backend.sync();
        await server.sshd.newHostKey();
        await nothingMoreThan(nothing);
        const [hostKey = ""] = server.sshd.hostKeyFiles;
        const log = (): string => fs.readFileSync(server.sshd.logFile, "utf8");
        const saidBefore = log().length;

        const error = await failure(backend.store("data/old", bytes(200, 2)), "HOST_KEY", withinMs);
        expect(error).toMatchObject({ retryable: false, unsent: true });
        expect(error.message).toContain(fingerprint(hostKey));
        expect(error.message).toMatch(/ssh-keygen .*-R /);
        expect(error.message).toContain(String(server.sshd.port));
        // Nobody has tried to log in, let alone told a password.
        expect(log().slice(saidBefore)).not.toMatch(/Accepted|Failed|subsystem/);
        expect(fs.readFileSync(server.sshd.knownHostsFile, "utf8")).toBe(known);
        expect(fs.statSync(join(server.directoryOf(storage), "data/old")).size).toBe(100);

        // Once it is accepted, all is well again.
        const line = fs.readFileSync(`${hostKey}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
        fs.writeFileSync(server.sshd.knownHostsFile, `[127.0.0.1]:${server.sshd.port} ${line}\n`);
        await backend.store("data/old", bytes(300, 3));
        await backend.close();
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)("is no question where nothing listens (transport $transport)", async ({ transport }) => {
      const nothing = idleResources();
      const listener = createServer().listen(0, "127.0.0.1");
      await once(listener, "listening");
      const { port } = listener.address() as AddressInfo;
      listener.close();
      await once(listener, "close");
      const backend = sftpBackend({ ...server.options(transport, "trust"), port });
      expect(await failure(backend.open(), "CONNECTION", withinMs)).toMatchObject({ unsent: true });
      await nothingMoreThan(nothing);
    });

    test.each(each)(
      "is no question where there is no host of this name (transport $transport)",
      async ({ transport }) => {
        const nothing = idleResources();
        // A name that RFC 6761 keeps from ever being one.
        const backend = sftpBackend({
          ...server.options(transport, "trust"),
          host: "no-such-host.invalid",
          user: "somebody",
        });
        const startMs = performance.now();
        const error = await backend.open().catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: "CONNECTION", unsent: true });
        expect(performance.now() - startMs).toBeLessThan(withinMs);
        await nothingMoreThan(nothing);
      },
    );

    test.each(each)(
      "is not enough to write on a server that is read-only (transport $transport)",
      async ({ transport }) => {
        await using readonly = await startRealServer({ subsystem: "readonly" });
        const nothing = idleResources();
        const directory = readonly.directoryOf("store");
        fs.mkdirSync(join(directory, "data"), { recursive: true });
        fs.writeFileSync(join(directory, "data/old"), bytes(100, 1));
        const backend = sftpBackend(readonly.options(transport, "store"));
        await backend.open();
        const changes = {
          replace: backend.store("data/old", bytes(10, 1)),
          create: backend.store("data/new", bytes(10, 1)),
          "create below": backend.store("far/away/new", bytes(10, 1)),
          stream: backend.storeStream("data/new", [bytes(10, 1)]),
          delete: backend.delete("data/old"),
          move: backend.move("data/old", "data/moved"),
          mkdir: backend.mkdir("data/more"),
          rmdir: backend.rmdir("data"),
        };
        const codes = Object.entries(changes).map(async ([change, call]) => {
          const { error } = await settled(call, withinMs);
          return [change, StoreError.is(error) ? error.code : error] as const;
        });
        expect(Object.fromEntries(await Promise.all(codes))).toEqual(
          Object.fromEntries(Object.keys(changes).map((change) => [change, "PERMISSION_DENIED"])),
        );
        // Such a server does not even announce what this needs.
        const options = { ifAbsent: true };
        await failure(backend.store("data/new", bytes(10, 1), options), "UNSUPPORTED", withinMs);
        expect(await backend.deleteMany(["data/old"])).toMatchObject([
          { error: { code: "PERMISSION_DENIED" } },
        ]);
        expect((await backend.load("data/old")).byteLength).toBe(100);
        expect((await collect(backend.loadStream("data/old"))).byteLength).toBe(100);
        expect(await backend.info("data/old")).toMatchObject({ exists: true, size: 100 });
        for await (const page of backend.list("data")) expect(page).toHaveLength(1);
        expect(fs.readdirSync(directory, { recursive: true })).toEqual(["data", "data/old"]);
        await backend.sync();
        await backend.close();
        await failure(backend.destroy(), "PERMISSION_DENIED", withinMs);
        await failure(
          sftpBackend(readonly.options(transport, "none")).create(),
          "PERMISSION_DENIED",
          withinMs,
        );
        await readonly.quiet();
        await nothingMoreThan(nothing);
      },
    );
  },
);
