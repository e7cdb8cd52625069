import { PacketWriter } from "./packet-writer.ts";
import type { SftpExtension } from "./sftp-server-options.ts";
import type { SftpSettings } from "./sftp-settings.ts";

interface AdvertisedName {
  readonly name: string;
  readonly version: string;
  /** Which option switches it; fstatvfs goes with statvfs. */
  readonly extension: SftpExtension;
}

/** In the order of OpenSSH, whose later extensions this server has not. */
const advertisedNames: readonly AdvertisedName[] = [
  { name: "posix-rename@openssh.com", version: "1", extension: "posix-rename@openssh.com" },
  { name: "statvfs@openssh.com", version: "2", extension: "statvfs@openssh.com" },
  { name: "fstatvfs@openssh.com", version: "2", extension: "statvfs@openssh.com" },
  { name: "hardlink@openssh.com", version: "1", extension: "hardlink@openssh.com" },
  { name: "fsync@openssh.com", version: "1", extension: "fsync@openssh.com" },
  { name: "limits@openssh.com", version: "1", extension: "limits@openssh.com" },
  { name: "check-file", version: "1", extension: "check-file" },
];

/** Requests that are not named as their extension is. */
const extensionOfRequest: ReadonlyMap<string, string> = new Map([
  ["check-file-name", "check-file"],
  ["check-file-handle", "check-file"],
]);

/** The pairs of SSH_FXP_VERSION that say what the server has, or says it has. */
export function advertisedExtensions(settings: SftpSettings): Buffer {
  const pairs = new PacketWriter();
  for (const { name, version, extension } of advertisedNames) {
    if (settings.extensions[extension] !== "no") pairs.name(name).name(version);
  }
  return pairs.bytes();
}

/** Whether an extended request is carried out. */
export function isExtensionOn(requestName: string, settings: SftpSettings): boolean {
  const name = extensionOfRequest.get(requestName) ?? requestName;
  // The name of the extension is none of its requests here, though it is of paramiko's server.
  if (requestName === "check-file") return false;
  const entry = advertisedNames.find((advertised) => advertised.name === name);
  return entry !== undefined && settings.extensions[entry.extension] === "yes";
}
