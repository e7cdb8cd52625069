import { toXml } from "./xml-text.ts";

/** The body of an error, as services of S3 write it. */
export function errorDocument(code: string, message = code): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>${toXml(code)}</Code><Message>${toXml(message)}</Message><RequestId>0</RequestId></Error>`;
}
