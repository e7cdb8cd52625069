import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { nestKey } from "../measure/keys.ts";
import { asyncSubject } from "../subjects/async-subject.ts";
import type { Subject } from "../subjects/subject.ts";
import { prefixOf, type S3Place } from "./s3-place.ts";

/**
 * The bound that ratios refer to: the SDK by hand, one request each, with the settings that compatible services need
 * and sockets for all callers. Values are not checked, and what is deleted is not looked for.
 */
export function bareSdk({ endpoint, region, bucket, ...credentials }: S3Place): Subject {
  return asyncSubject("bare SDK", (directory) => {
    const client = new S3Client({
      endpoint,
      region,
      credentials,
      forcePathStyle: true,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: { httpAgent: { maxSockets: 64 } },
    });
    const prefix = `${prefixOf(directory)}/data/`;
    const place = (key: string) => ({ Bucket: bucket, Key: prefix + nestKey(key) });
    return Promise.resolve({
      store: (key, value) => client.send(new PutObjectCommand({ ...place(key), Body: value })),
      load: async (key) => {
        const { Body: body } = await client.send(new GetObjectCommand(place(key)));
        if (body === undefined) throw new Error("an answer without a body");
        return await body.transformToByteArray();
      },
      info: async (key) => {
        const { ContentLength: size } = await client.send(new HeadObjectCommand(place(key)));
        return { size: size ?? -1 };
      },
      delete: (key) => client.send(new DeleteObjectCommand(place(key))),
      list: () => countKeys(client, bucket, prefix),
      close: () => {
        client.destroy();
        return Promise.resolve();
      },
    });
  });
}

async function countKeys(client: S3Client, bucket: string, prefix: string): Promise<number> {
  let found = 0;
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    found += page.Contents?.length ?? 0;
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return found;
}
