// Compiles with every compiler that the packages support.
import { posixfs } from "@borgstore/backend-posixfs";
import { rclone, rcloneBackend, type RcloneOptions } from "@borgstore/backend-rclone";
import { s3, s3Backend, type S3BackendOptions } from "@borgstore/backend-s3";
import { sftp, sftpBackend, type SftpOptions } from "@borgstore/backend-sftp";
import { openStore, StoreError, type Backend, type ItemInfo } from "@borgstore/core";

export async function sizes(url: string, signal: AbortSignal): Promise<Map<string, number>> {
  await using store = await openStore(url, {
    backends: [posixfs, rclone, s3, sftp],
    namespaces: { data: { levels: [2] } },
  });
  const found = new Map<string, number>();
  for await (const item of store.list("data", { signal })) found.set(item.name, item.size);
  return found;
}

export async function loadOrNothing(backend: Backend, name: string): Promise<Uint8Array | undefined> {
  try {
    return await backend.load(name, { offset: -10 });
  } catch (error) {
    if (StoreError.is(error, "NOT_FOUND")) return undefined;
    throw error;
  }
}

export async function infoOf(backend: Backend, name: string): Promise<ItemInfo> {
  // @ts-expect-error a name is a string: the types reach the user, they have not become any
  await backend.info(1);
  return await backend.info(name);
}

export function onServer(options: SftpOptions): Backend {
  // @ts-expect-error durability is one of three words
  sftpBackend({ host: "host", path: "storage", durability: "always" });
  return sftpBackend({ host: "host", path: "storage", hostKeys: ["SHA256:…"], ...options });
}

export function onRemote(options: RcloneOptions): Backend {
  // @ts-expect-error the remote is missing
  rcloneBackend(options);
  return rcloneBackend({ remote: "remote:storage", configFile: "rclone.conf", ...options });
}

export function inBucket(options: S3BackendOptions): Backend {
  // @ts-expect-error a service is one of a few words
  s3Backend({ bucket: "bucket", prefix: "storage", service: "somewhere" });
  return s3Backend({ ...options, encryption: { algorithm: "AES256" }, createIfAbsent: "probe" });
}
