import type { Attributes } from "./attributes.ts";
import { writeNoAttributes } from "./attributes.ts";
import {
  readAttrs,
  readDataLength,
  readEntries,
  readExtended,
  readHandle,
  readStatus,
  type DirectoryEntry,
  type Handle,
} from "./answers.ts";
import { packetType } from "./packet-types.ts";
import { PacketWriter } from "./packet-writer.ts";
import type { Answer } from "./pending-request.ts";
import type { AnnouncedLimits } from "./server-features.ts";
import type { SftpConnection } from "./sftp-connection.ts";

/** Larger data is not copied where it need not be: that costs more than a packet in two parts. */
const longestCopiedBytes = 64 * 1024;

/** What statvfs tells of the file system that a path is on (statvfs(3)). */
export interface FileSystemSpace {
  /** Size of the units in which the others count, in bytes. */
  readonly fragmentBytes: number;
  readonly blocks: number;
  readonly freeBlocks: number;
  /** Free for users without privileges. */
  readonly availableBlocks: number;
  readonly files: number;
  readonly availableFiles: number;
}

/**
 * The requests of SFTP version 3 and of OpenSSH's extensions, one method each. They are sent at once, in the order of
 * the calls. They reject with `SftpStatusError` when the server says no, with `StoreError` when there is no answer.
 */
export class SftpClient {
  readonly #connection: SftpConnection;

  constructor(connection: SftpConnection) {
    this.#connection = connection;
  }

  /** @param flags of `openFlag`, joined */
  open(path: string, flags: number): Promise<Handle> {
    return this.#connection.request(
      (id) =>
        writeNoAttributes(new PacketWriter(packetType.open, path.length).uint32(id).text(path).uint32(flags)),
      (answer) => readHandle(answer, "open"),
      { request: "open", late: this.#closeLate },
    );
  }

  close(handle: Handle): Promise<void> {
    return this.#status("close", (id) =>
      new PacketWriter(packetType.close, handle.length).uint32(id).bytes(handle),
    );
  }

  /**
   * Reads into `target` from its beginning, at most its length.
   *
   * @returns how many bytes came, which may be fewer; 0 at the end of the file
   */
  read(handle: Handle, position: number, target: Uint8Array): Promise<number> {
    return this.#connection.request(
      (id) =>
        new PacketWriter(packetType.read, handle.length)
          .uint32(id)
          .bytes(handle)
          .uint64(position)
          .uint32(target.byteLength),
      (answer) => readDataLength(answer, "read"),
      { request: "read", target },
    );
  }

  /**
   * Writes all of the bytes.
   *
   * @param stable whether they stay as they are until this has settled; else they are copied before the call returns
   */
  write(handle: Handle, position: number, bytes: Uint8Array, stable = false): Promise<void> {
    const behind = stable && bytes.byteLength >= longestCopiedBytes ? bytes : undefined;
    const room = handle.length + (behind === undefined ? bytes.byteLength : 0);
    return this.#connection.request(
      (id) => {
        const writer = new PacketWriter(packetType.write, room).uint32(id).bytes(handle).uint64(position);
        return behind === undefined ? writer.bytes(bytes) : writer.bytesBehind(behind);
      },
      (answer) => readStatus(answer, "write"),
      { request: "write", behind },
    );
  }

  /** What has this name; a link itself, not what it leads to. */
  lstat(path: string): Promise<Attributes> {
    return this.#attributes(packetType.lstat, "lstat", path);
  }

  /** What this name leads to. */
  stat(path: string): Promise<Attributes> {
    return this.#attributes(packetType.stat, "stat", path);
  }

  fstat(handle: Handle): Promise<Attributes> {
    return this.#connection.request(
      (id) => new PacketWriter(packetType.fstat, handle.length).uint32(id).bytes(handle),
      (answer) => readAttrs(answer, "fstat"),
      { request: "fstat" },
    );
  }

  opendir(path: string): Promise<Handle> {
    return this.#connection.request(
      (id) => this.#withPath(packetType.opendir, id, path),
      (answer) => readHandle(answer, "opendir"),
      { request: "opendir", late: this.#closeLate },
    );
  }

  /** The next entries of a directory, `.` and `..` among them; `undefined` at its end. */
  readdir(handle: Handle): Promise<DirectoryEntry[] | undefined> {
    return this.#connection.request(
      (id) => new PacketWriter(packetType.readdir, handle.length).uint32(id).bytes(handle),
      (answer) => readEntries(answer, "readdir"),
      { request: "readdir" },
    );
  }

  remove(path: string): Promise<void> {
    return this.#status("remove", (id) => this.#withPath(packetType.remove, id, path));
  }

  mkdir(path: string): Promise<void> {
    return this.#status("mkdir", (id) => writeNoAttributes(this.#withPath(packetType.mkdir, id, path)));
  }

  rmdir(path: string): Promise<void> {
    return this.#status("rmdir", (id) => this.#withPath(packetType.rmdir, id, path));
  }

  /** The rename of the protocol itself, which by its draft must not replace what has the new name. */
  rename(path: string, newPath: string): Promise<void> {
    return this.#status("rename", (id) => this.#withPath(packetType.rename, id, path).text(newPath));
  }

  /** rename(2): replaces in one step. `posix-rename@openssh.com`. */
  posixRename(path: string, newPath: string): Promise<void> {
    return this.#extended("posix-rename@openssh.com", (writer) => writer.text(path).text(newPath));
  }

  /** link(2): fails when the new name is taken. `hardlink@openssh.com`. */
  hardlink(path: string, newPath: string): Promise<void> {
    return this.#extended("hardlink@openssh.com", (writer) => writer.text(path).text(newPath));
  }

  /** `fsync@openssh.com`. */
  fsync(handle: Handle): Promise<void> {
    return this.#extended("fsync@openssh.com", (writer) => writer.bytes(handle), true);
  }

  /** `statvfs@openssh.com`, version 2. */
  statvfs(path: string): Promise<FileSystemSpace> {
    return this.#extendedReply(
      "statvfs@openssh.com",
      (writer) => writer.text(path),
      (fields) => {
        fields.uint64();
        const fragmentBytes = fields.uint64();
        const blocks = fields.uint64();
        const freeBlocks = fields.uint64();
        const availableBlocks = fields.uint64();
        const files = fields.uint64();
        fields.uint64();
        const availableFiles = fields.uint64();
        return { fragmentBytes, blocks, freeBlocks, availableBlocks, files, availableFiles };
      },
    );
  }

  /** `limits@openssh.com`. */
  limits(): Promise<AnnouncedLimits> {
    return this.#extendedReply(
      "limits@openssh.com",
      (writer) => writer,
      (fields) => {
        fields.uint64();
        return { readBytes: fields.uint64(), writeBytes: fields.uint64(), openHandles: fields.uint64() };
      },
    );
  }

  /**
   * Digest of a whole file, computed by the server (draft-ietf-secsh-filexfer-extensions-00, section 3).
   *
   * @param extension by which name: `check-file-handle` of the draft, or `check-file`, as some servers have it
   */
  checkFile(extension: string, handle: Handle, algorithm: string): Promise<Buffer> {
    return this.#extendedReply(
      extension,
      (writer) => writer.bytes(handle).text(algorithm).uint64(0).uint64(0).uint32(0),
      (fields) => {
        // The draft repeats the extension's name before the algorithm; not all servers do.
        const first = fields.text();
        if (first === "check-file") fields.text();
        return Buffer.from(fields.rest());
      },
      true,
    );
  }

  readonly #closeLate = (answer: Answer): void => {
    if (answer.type !== packetType.handle) return;
    // Nobody is left to be told how that ends.
    this.close(Buffer.from(answer.fields.bytes())).catch(() => undefined);
  };

  #withPath(type: number, id: number, path: string): PacketWriter {
    return new PacketWriter(type, path.length).uint32(id).text(path);
  }

  #status(request: string, start: (id: number) => PacketWriter): Promise<void> {
    return this.#connection.request(start, (answer) => readStatus(answer, request), { request });
  }

  #attributes(type: number, request: string, path: string): Promise<Attributes> {
    return this.#connection.request(
      (id) => this.#withPath(type, id, path),
      (answer) => readAttrs(answer, request),
      { request },
    );
  }

  #extended(name: string, fill: (writer: PacketWriter) => PacketWriter, isLong = false): Promise<void> {
    return this.#connection.request(
      (id) => fill(this.#withPath(packetType.extended, id, name)),
      (answer) => readStatus(answer, name),
      { request: name, isLong },
    );
  }

  #extendedReply<T>(
    name: string,
    fill: (writer: PacketWriter) => PacketWriter,
    read: (fields: Answer["fields"]) => T,
    isLong = false,
  ): Promise<T> {
    return this.#connection.request(
      (id) => fill(this.#withPath(packetType.extended, id, name)),
      (answer) => readExtended(answer, name, read),
      { request: name, isLong },
    );
  }
}
