import { randomUUID } from "node:crypto";

/** Of this process: no value has it, but by a chance that nobody will see. */
const boundary = `borgstore-${randomUUID()}`;

/** The header for a body that {@link formStart} begins. */
export const formType: string = `multipart/form-data; boundary=${boundary}`;

/**
 * What stands before a value in the form that uploads are. rclone takes a part for a file when it has a file name, of
 * which only the last component counts. RFC 7578, RFC 5987.
 */
export function formStart(fileName: string): Buffer {
  const name = encodeURIComponent(fileName).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename*=UTF-8''${name}\r\n` +
      "Content-Type: application/octet-stream\r\n\r\n",
  );
}

/** What stands behind the value. */
export const formEnd: Buffer = Buffer.from(`\r\n--${boundary}--\r\n`);
