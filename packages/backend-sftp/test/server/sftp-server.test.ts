import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import ssh2, { type FileEntryWithStats, type OpenMode, type SFTPWrapper } from "ssh2";
import { describe, expect, test } from "vitest";
import { completion, result } from "./callbacks.ts";
import { PacketReader } from "./packet-reader.ts";
import { PacketWriter } from "./packet-writer.ts";
import { exchange, rawChannel } from "./raw-channel.ts";
import { serverFixture } from "./server-fixture.ts";

const fixture = serverFixture();

async function openFile(sftp: SFTPWrapper, name: string, mode: OpenMode): Promise<Buffer> {
  return await result<Buffer>((done) => sftp.open(name, mode, done));
}

function hashRequest(offset: bigint, blockBytes: number): Buffer {
  const request = new PacketWriter().byte(200).uint32(7).name("check-file-name").name("a");
  return request.name("crc32,sha256,md5").uint64(offset).uint64(0n).uint32(blockBytes).bytes();
}

function hashReply(...blocks: string[]): Buffer {
  const hashes = blocks.map((text) => createHash("sha256").update(text).digest());
  return new PacketWriter().byte(201).uint32(7).name("sha256").raw(Buffer.concat(hashes)).bytes();
}

describe("behaviour of OpenSSH", () => {
  test("files are written, read and counted, and no handle stays open", async () => {
    const server = await fixture.start();
    const sftp = await fixture.sftp(server);
    const data = Buffer.alloc(1_000_000, "abc");
    await completion((done) => sftp.writeFile("a", data, done));
    // Not `toEqual`, which takes seconds for so many bytes.
    expect(data.equals(await readFile(join(fixture.home, "a")))).toBe(true);
    const read = await result<Buffer>((done) => sftp.readFile(join(fixture.home, "a"), done));
    expect(read.equals(data)).toBe(true);
    expect(server.deliveredBytes).toBe(data.length);
    expect(server.requests.get("open")).toBe(2);
    expect(server.requests.get("close")).toBe(2);
    expect(server.openHandles).toBe(0);
    server.resetCounts();
    expect(server.requests.size).toBe(0);
  });

  test("directories are listed in batches, with kinds and readable lines", async () => {
    await mkdir(join(fixture.home, "directory"));
    await writeFile(join(fixture.home, "file"), "12345");
    const server = await fixture.start({ readdirBatch: 3 });
    const sftp = await fixture.sftp(server);
    const handle = await result<Buffer>((done) => sftp.opendir(".", done));
    const readBatch = async (): Promise<FileEntryWithStats[]> =>
      await result((done) => sftp.readdir(handle, done));
    const batches = [await readBatch(), await readBatch()];
    // ssh2 hides the two dots that the first batch starts with.
    expect(batches.map((batch) => batch.length)).toEqual([1, 1]);
    const file = batches.flat().find(({ filename }) => filename === "file");
    expect(file?.attrs).toMatchObject({ size: 5, mode: (await stat(join(fixture.home, "file"))).mode });
    expect(file?.longname).toMatch(/^-rw.* 5 .* file$/);
    await expect(readBatch()).rejects.toMatchObject({ code: 1 });
    await completion((done) => sftp.close(handle, done));
    expect(server.openHandles).toBe(0);
  });

  test("posix-rename replaces, plain rename fails with 4 where something is", async () => {
    await writeFile(join(fixture.home, "a"), "a");
    await writeFile(join(fixture.home, "b"), "b");
    const sftp = await fixture.sftp(await fixture.start());
    const plain = completion((done) => sftp.rename("a", "b", done));
    await expect(plain).rejects.toMatchObject({ code: 4, message: "Failure" });
    expect(await readdir(fixture.home)).toEqual(["a", "b"]);
    await completion((done) => sftp.ext_openssh_rename("a", "b", done));
    expect(await readFile(join(fixture.home, "b"), "utf8")).toBe("a");
  });

  test("an exclusive open of an existing file fails with 4, a missing parent with 2", async () => {
    await writeFile(join(fixture.home, "a"), "a");
    const sftp = await fixture.sftp(await fixture.start());
    await expect(openFile(sftp, "a", "wx")).rejects.toMatchObject({ code: 4 });
    await expect(openFile(sftp, "missing/a", "w")).rejects.toMatchObject({ code: 2 });
    await expect(openFile(sftp, "n".repeat(300), "w")).rejects.toMatchObject({ code: 5 });
  });

  test("a packet that ends inside a field ends the channel", async () => {
    const server = await fixture.start();
    const channel = await rawChannel(await fixture.connect(server));
    const end = once(channel, "close");
    channel.write(new PacketWriter().string(new PacketWriter().byte(13).uint32(1).uint32(9).bytes()).bytes());
    expect((await end)[0]).toBe(255);
  });
});

describe("behaviour of other servers", () => {
  test("exclusive opens and plain renames replace where they shall", async () => {
    await writeFile(join(fixture.home, "a"), "a");
    await writeFile(join(fixture.home, "b"), "b");
    const sftp = await fixture.sftp(
      await fixture.start({ exclusiveOpenReplaces: true, plainRenameReplaces: true }),
    );
    await openFile(sftp, "a", "wx");
    await completion((done) => sftp.rename("b", "a", done));
    expect(await readFile(join(fixture.home, "a"), "utf8")).toBe("b");
  });

  test("an extension that is off is not advertised, one that refuses is answered with 8", async () => {
    const extensions = { "posix-rename@openssh.com": "no", "fsync@openssh.com": "refuses" } as const;
    const sftp = await fixture.sftp(await fixture.start({ extensions }));
    expect(() => sftp.ext_openssh_rename("a", "b", () => {})).toThrow(/not support/);
    const handle = await openFile(sftp, "a", "w");
    const sync = completion((done) => sftp.ext_openssh_fsync(handle, done));
    await expect(sync).rejects.toMatchObject({ code: 8 });
  });

  test("reads are cut, larger writes and more handles fail with 4", async () => {
    const sftp = await fixture.sftp(
      await fixture.start({
        maxReadBytes: 10,
        maxWriteBytes: 10,
        maxOpenHandles: 1,
        extensions: { "limits@openssh.com": "no" },
      }),
    );
    await writeFile(join(fixture.home, "a"), "x".repeat(100));
    const handle = await openFile(sftp, "a", "r+");
    await expect(openFile(sftp, "b", "w")).rejects.toMatchObject({ code: 4 });
    expect(await readdir(fixture.home)).toEqual(["a"]);
    const got = result<number>((done) => sftp.read(handle, Buffer.alloc(100), 0, 100, 0, done));
    expect(await got).toBe(10);
    const write = completion((done) => sftp.write(handle, Buffer.alloc(11), 0, 11, 0, done));
    await expect(write).rejects.toMatchObject({ code: 4 });
  });

  test("answers to requests that come together are sent in reverse order", async () => {
    const server = await fixture.start({ answersOutOfOrder: true, statusMessages: false });
    const channel = await rawChannel(await fixture.connect(server));
    const mkdirs = ["a", "a", "b"].map((name, id) =>
      new PacketWriter().byte(14).uint32(id).name(name).uint32(0).bytes(),
    );
    const answers = (await exchange(channel, mkdirs)).map((answer) => {
      const fields = new PacketReader(answer);
      return [fields.byte(), fields.uint32(), fields.uint32(), fields.name()];
    });
    expect(answers).toEqual([
      [101, 2, 0, ""],
      [101, 1, 4, ""],
      [101, 0, 0, ""],
    ]);
  });

  test("free space is what the test says", async () => {
    const sftp = await fixture.sftp(await fixture.start({ statvfsFreeBlocks: () => 3 }));
    const space = await result<unknown>((done) => sftp.ext_openssh_statvfs(".", done));
    expect(space).toMatchObject({ f_bavail: 3, f_bfree: 3 });
  });

  test("check-file hashes files and parts of them", async () => {
    await writeFile(join(fixture.home, "a"), "a".repeat(300) + "b".repeat(100));
    const server = await fixture.start({ extensions: { "check-file": "yes" } });
    const channel = await rawChannel(await fixture.connect(server));
    const [whole, blocks] = await exchange(channel, [hashRequest(300n, 0), hashRequest(0n, 300)]);
    expect(whole).toEqual(hashReply("b".repeat(100)));
    expect(blocks).toEqual(hashReply("a".repeat(300), "b".repeat(100)));
  });
});

describe("authentication", () => {
  test("the password lets in", async () => {
    const server = await fixture.start({ authorizedKeys: [], password: "secret" });
    await fixture.connect(server, { password: "secret" });
    expect(server.connections).toBe(1);
  });

  test("the answer to the question lets in", async () => {
    const server = await fixture.start({ authorizedKeys: [], keyboardInteractive: "42" });
    const client = new ssh2.Client();
    client.on("keyboard-interactive", (_name, _text, _language, prompts, finish) =>
      finish(prompts.map(() => "42")),
    );
    await fixture.connect(server, { tryKeyboard: true }, client);
    expect(server.connections).toBe(1);
  });

  test("an unknown key and a wrong password are refused", async () => {
    const server = await fixture.start({ authorizedKeys: [], password: "secret" });
    const attempt = fixture.connect(server, { password: "guess" });
    await expect(attempt).rejects.toMatchObject({ level: "client-authentication" });
  });

  test("too many failures end the connection", async () => {
    const server = await fixture.start({ authorizedKeys: [], password: "secret", maxAuthTries: 1 });
    await expect(fixture.connect(server, { password: "guess" })).rejects.toMatchObject({ code: 2 });
  });

  test("the host keys are those in the lines for known_hosts", async () => {
    const server = await fixture.start({ hostKeys: ["ed25519", "ecdsa", "rsa"] });
    const types = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"];
    const lines = server.knownHostsLine().split("\n");
    expect(lines.map((line) => line.split(" ")[1])).toEqual(types);
    expect(lines).toEqual(server.hostKeyLines.map((line) => `[127.0.0.1]:${server.port} ${line}`));
    const algorithms = ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512"] as const;
    for (const [index, algorithm] of algorithms.entries()) {
      const offered: string[] = [];
      await fixture.connect(server, {
        algorithms: { serverHostKey: [algorithm] },
        hostVerifier: (key: Buffer) => offered.push(`${types[index]} ${key.toString("base64")}`) > 0,
      });
      expect(offered).toEqual([server.hostKeyLines[index]]);
    }
  });
});
