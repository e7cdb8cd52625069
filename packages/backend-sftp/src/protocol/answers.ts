import { readAttributes, type Attributes } from "./attributes.ts";
import { MalformedPacket } from "./packet-reader.ts";
import { packetType, status } from "./packet-types.ts";
import type { Answer } from "./pending-request.ts";
import { SftpStatusError } from "./status-error.ts";

/** A handle as the server named it. */
export type Handle = Buffer;

/** One entry of a directory. */
export interface DirectoryEntry extends Attributes {
  readonly name: string;
}

/** The answer of a request that gives nothing but a status. */
export function readStatus(answer: Answer, request: string): void {
  if (answer.type !== packetType.status) throw unexpected(answer, request);
  const error = statusError(answer, request);
  if (error !== undefined) throw error;
}

/** The answer of a request that gives a handle. */
export function readHandle(answer: Answer, request: string): Handle {
  mustBe(packetType.handle, answer, request);
  // A view of a buffer that is used again.
  return Buffer.from(answer.fields.bytes());
}

/** The answer of a request that gives attributes. */
export function readAttrs(answer: Answer, request: string): Attributes {
  mustBe(packetType.attrs, answer, request);
  return readAttributes(answer.fields);
}

/** The number of bytes that a read brought, which are in its target by now; 0 at the end of the file. */
export function readDataLength(answer: Answer, request: string): number {
  if (isEnd(answer, request)) return 0;
  mustBe(packetType.data, answer, request);
  return answer.fields.uint32();
}

/** The entries that a readdir brought; `undefined` at the end of the directory. */
export function readEntries(answer: Answer, request: string): DirectoryEntry[] | undefined {
  if (isEnd(answer, request)) return undefined;
  mustBe(packetType.name, answer, request);
  const { fields } = answer;
  const count = fields.uint32();
  const entries: DirectoryEntry[] = [];
  for (let i = 0; i < count; i++) {
    const name = fields.text();
    const longName = fields.bytes();
    const attributes = readAttributes(fields);
    const kind = attributes.kind === "unknown" ? kindOfLongName(longName) : attributes.kind;
    entries.push({ ...attributes, name, kind });
  }
  return entries;
}

/** The answer of an extended request that gives something. */
export function readExtended<T>(answer: Answer, request: string, read: (fields: Answer["fields"]) => T): T {
  mustBe(packetType.extendedReply, answer, request);
  return read(answer.fields);
}

const kindsByLetter: Readonly<Record<string, Attributes["kind"]>> = Object.freeze({
  "-": "file",
  d: "directory",
  l: "link",
});

/** The type of file as `ls -l` shows it, for servers that send attributes without it. */
function kindOfLongName(longName: Buffer): Attributes["kind"] {
  const looksLikeListing = longName.byteLength > 10 && longName[10] === 0x20;
  return (looksLikeListing ? kindsByLetter[String.fromCodePoint(longName[0] ?? 0)] : undefined) ?? "unknown";
}

/** The error that a status stands for; `undefined` for "ok". Reads the fields: may be called once. */
function statusError(answer: Answer, request: string): SftpStatusError | undefined {
  const code = answer.fields.uint32();
  if (code === status.ok) return undefined;
  // Some servers leave the text out.
  return new SftpStatusError(code, request, answer.fields.remaining >= 4 ? answer.fields.text() : "");
}

/** Whether the answer says that the end was reached. Any other status is thrown. */
function isEnd(answer: Answer, request: string): boolean {
  if (answer.type !== packetType.status) return false;
  const error = statusError(answer, request);
  if (error === undefined) throw unexpected(answer, request);
  if (error.status !== status.eof) throw error;
  return true;
}

function mustBe(type: number, answer: Answer, request: string): void {
  if (answer.type === type) return;
  if (answer.type === packetType.status) {
    const error = statusError(answer, request);
    if (error !== undefined) throw error;
  }
  throw unexpected(answer, request);
}

function unexpected(answer: Answer, request: string): MalformedPacket {
  return new MalformedPacket(`${request} was answered with a packet of type ${answer.type}`);
}
