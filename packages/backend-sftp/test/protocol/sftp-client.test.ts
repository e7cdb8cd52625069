import { describe, expect, test } from "vitest";
import { MalformedPacket, type PacketReader } from "../../src/protocol/packet-reader.ts";
import { openFlag, packetType, status } from "../../src/protocol/packet-types.ts";
import type { PacketWriter } from "../../src/protocol/packet-writer.ts";
import { SftpClient } from "../../src/protocol/sftp-client.ts";
import { SftpConnection } from "../../src/protocol/sftp-connection.ts";
import { answers, ScriptedLink } from "./scripted-link.ts";

const limits = { stallMs: 100_000, requestMs: 100_000, longRequestMs: 100_000 };
const handle = Buffer.from([1, 0, 255]);

function connect(): { readonly link: ScriptedLink; readonly client: SftpClient } {
  const link = new ScriptedLink();
  return { link, client: new SftpClient(new SftpConnection(link, limits)) };
}

const text = (fields: PacketReader): unknown => fields.text();
const handleBytes = (fields: PacketReader): unknown => [...fields.bytes()];
const uint32 = (fields: PacketReader): unknown => fields.uint32();
const uint64 = (fields: PacketReader): unknown => fields.uint64();

interface Row {
  readonly request: string;
  readonly ask: (client: SftpClient) => Promise<unknown>;
  readonly type: number;
  readonly fields: readonly ((fields: PacketReader) => unknown)[];
  readonly expected: readonly unknown[];
}

const rows: readonly Row[] = [
  {
    request: "open",
    ask: (client) => client.open("a/ä", openFlag.write | openFlag.create | openFlag.exclusive),
    type: packetType.open,
    fields: [text, uint32, uint32],
    expected: ["a/ä", 0x2a, 0],
  },
  {
    request: "close",
    ask: (client) => client.close(handle),
    type: packetType.close,
    fields: [handleBytes],
    expected: [[1, 0, 255]],
  },
  {
    request: "read",
    ask: (client) => client.read(handle, 5 * 2 ** 32 + 7, new Uint8Array(1000)),
    type: packetType.read,
    fields: [handleBytes, uint64, uint32],
    expected: [[1, 0, 255], 5 * 2 ** 32 + 7, 1000],
  },
  {
    request: "write",
    ask: (client) => client.write(handle, 2 ** 40, new Uint8Array([7, 8])),
    type: packetType.write,
    fields: [handleBytes, uint64, handleBytes],
    expected: [[1, 0, 255], 2 ** 40, [7, 8]],
  },
  {
    request: "lstat",
    ask: (client) => client.lstat("a"),
    type: packetType.lstat,
    fields: [text],
    expected: ["a"],
  },
  {
    request: "stat",
    ask: (client) => client.stat("a"),
    type: packetType.stat,
    fields: [text],
    expected: ["a"],
  },
  {
    request: "fstat",
    ask: (client) => client.fstat(handle),
    type: packetType.fstat,
    fields: [handleBytes],
    expected: [[1, 0, 255]],
  },
  {
    request: "opendir",
    ask: (client) => client.opendir("a"),
    type: packetType.opendir,
    fields: [text],
    expected: ["a"],
  },
  {
    request: "readdir",
    ask: (client) => client.readdir(handle),
    type: packetType.readdir,
    fields: [handleBytes],
    expected: [[1, 0, 255]],
  },
  {
    request: "remove",
    ask: (client) => client.remove("a"),
    type: packetType.remove,
    fields: [text],
    expected: ["a"],
  },
  {
    request: "mkdir",
    ask: (client) => client.mkdir("a"),
    type: packetType.mkdir,
    fields: [text, uint32],
    expected: ["a", 0],
  },
  {
    request: "rmdir",
    ask: (client) => client.rmdir("a"),
    type: packetType.rmdir,
    fields: [text],
    expected: ["a"],
  },
  {
    request: "rename",
    ask: (client) => client.rename("a", "b"),
    type: packetType.rename,
    fields: [text, text],
    expected: ["a", "b"],
  },
  {
    request: "posix-rename@openssh.com",
    ask: (client) => client.posixRename("a", "b"),
    type: packetType.extended,
    fields: [text, text, text],
    expected: ["posix-rename@openssh.com", "a", "b"],
  },
  {
    request: "hardlink@openssh.com",
    ask: (client) => client.hardlink("a", "b"),
    type: packetType.extended,
    fields: [text, text, text],
    expected: ["hardlink@openssh.com", "a", "b"],
  },
  {
    request: "fsync@openssh.com",
    ask: (client) => client.fsync(handle),
    type: packetType.extended,
    fields: [text, handleBytes],
    expected: ["fsync@openssh.com", [1, 0, 255]],
  },
  {
    request: "statvfs@openssh.com",
    ask: (client) => client.statvfs("a"),
    type: packetType.extended,
    fields: [text, text],
    expected: ["statvfs@openssh.com", "a"],
  },
  {
    request: "limits@openssh.com",
    ask: (client) => client.limits(),
    type: packetType.extended,
    fields: [text],
    expected: ["limits@openssh.com"],
  },
  {
    request: "check-file-handle",
    ask: (client) => client.checkFile("check-file-handle", handle, "sha256"),
    type: packetType.extended,
    fields: [text, handleBytes, text, uint64, uint64, uint32],
    expected: ["check-file-handle", [1, 0, 255], "sha256", 0, 0, 0],
  },
];

for (const { request, ask, type, fields, expected } of rows) {
  test(`${request} is sent as the protocol has it, and its refusal says what it was`, async () => {
    const { link, client } = connect();
    const asking = ask(client).catch((error: unknown) => error);
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const [sent] = link.requests;
    expect([sent?.type, sent?.id]).toEqual([type, 1]);
    expect(fields.map((read) => sent && read(sent.fields))).toEqual(expected);
    expect(sent?.fields.remaining).toBe(0);
    link.receive(answers.status(1, status.permissionDenied));
    expect(await asking).toMatchObject({ status: status.permissionDenied, request });
  });
}

test("every request is tested here", () => {
  const methods = Object.getOwnPropertyNames(SftpClient.prototype).filter((name) => name !== "constructor");
  expect(methods).toHaveLength(rows.length);
});

async function replied<T>(
  ask: (client: SftpClient) => Promise<T>,
  fill: (writer: PacketWriter) => PacketWriter,
): Promise<T> {
  const { link, client } = connect();
  const asking = ask(client);
  link.receive(answers.extendedReply(1, fill));
  return await asking;
}

describe("extended replies", () => {
  test("statvfs tells sizes in units of fragments", async () => {
    const found = await replied(
      (client) => client.statvfs("a"),
      (writer) =>
        [4096, 1024, 100, 60, 50, 1000, 400, 300, 1, 0, 255].reduce((all, one) => all.uint64(one), writer),
    );
    expect(found).toEqual({
      fragmentBytes: 1024,
      blocks: 100,
      freeBlocks: 60,
      availableBlocks: 50,
      files: 1000,
      availableFiles: 300,
    });
  });

  test("limits are those of reads, writes and handles", async () => {
    const found = await replied(
      (client) => client.limits(),
      (writer) => [262_144, 261_120, 261_119, 1019].reduce((all, one) => all.uint64(one), writer),
    );
    expect(found).toEqual({ readBytes: 261_120, writeBytes: 261_119, openHandles: 1019 });
  });

  test.each([
    ["as the draft has it", (writer: PacketWriter) => writer.text("check-file").text("sha256")],
    ["as many servers have it", (writer: PacketWriter) => writer.text("sha256")],
  ])("a digest is what follows the name of the algorithm, %s", async (_what, begin) => {
    const digest = Buffer.alloc(32, 7);
    const found = await replied(
      (client) => client.checkFile("check-file-handle", handle, "sha256"),
      (writer) => digest.reduce((all, byte) => all.uint8(byte), begin(writer)),
    );
    expect(found.equals(digest)).toBe(true);
  });

  test("that are too short are malformed", async () => {
    const asking = replied(
      (client) => client.statvfs("a"),
      (writer) => writer.uint64(4096),
    );
    await expect(asking).rejects.toBeInstanceOf(MalformedPacket);
  });
});

describe("reading", () => {
  test("the end of a file is nothing, and no failure", async () => {
    const { link, client } = connect();
    const reading = client.read(handle, 0, new Uint8Array(4));
    link.receive(answers.status(1, status.eof));
    expect(await reading).toBe(0);
  });

  test("a handle outlives the bytes that it came in", async () => {
    const { link, client } = connect();
    const opening = client.open("a", openFlag.read);
    const packet = answers.handle(1, "handle");
    link.receive(packet);
    packet.fill(0);
    expect((await opening).toString()).toBe("handle");
  });

  test("the end of a directory is undefined", async () => {
    const { link, client } = connect();
    const reading = client.readdir(handle);
    link.receive(answers.status(1, status.eof));
    expect(await reading).toBeUndefined();
  });
});
