import { StoreError } from "@borgstore/core";
import type { Answer } from "./pending-request.ts";
import { packetType } from "./packet-types.ts";
import { PacketWriter } from "./packet-writer.ts";
import { featuresOf, type AnnouncedLimits, type ServerFeatures } from "./server-features.ts";
import { SftpClient } from "./sftp-client.ts";
import type { SftpConnection } from "./sftp-connection.ts";
import { SftpStatusError } from "./status-error.ts";

/** The version that is spoken here, and that nearly all servers speak. */
const protocolVersion = 3;

/**
 * Greets the server and learns what it can do: one exchange, and one more where the server tells its limits.
 *
 * @throws StoreError `UNSUPPORTED` when the server only speaks an older version.
 */
export async function shakeHands(connection: SftpConnection): Promise<ServerFeatures> {
  const greeting = new PacketWriter(packetType.init, 4).uint32(protocolVersion).finish();
  const extensions = await connection.greet(greeting, readGreeting);
  return featuresOf(extensions, await limitsOf(connection, extensions));
}

/** The names of the extensions that the server announces. */
function readGreeting({ type, fields }: Answer): Set<string> {
  if (type !== packetType.version) {
    throw new StoreError("UNEXPECTED", { detail: `the server greeted with a packet of type ${type}` });
  }
  const version = fields.uint32();
  if (version < protocolVersion) {
    throw new StoreError("UNSUPPORTED", { detail: `the server speaks SFTP version ${version} only` });
  }
  const extensions = new Set<string>();
  while (fields.remaining > 0) {
    extensions.add(fields.text());
    fields.bytes();
  }
  return extensions;
}

async function limitsOf(
  connection: SftpConnection,
  extensions: ReadonlySet<string>,
): Promise<AnnouncedLimits | undefined> {
  if (!extensions.has("limits@openssh.com")) return undefined;
  try {
    return await new SftpClient(connection).limits();
  } catch (error) {
    // Announced and refused: as if it had not been announced.
    if (error instanceof SftpStatusError) return undefined;
    throw error;
  }
}
