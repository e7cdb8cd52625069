import { startRgw } from "@borgstore/tools-peers";
import { newDirectory, removeDirectory } from "./new-directory.ts";
import { writeRcloneConf } from "./rclone-conf.ts";
import type { ServedPlace } from "./remote-place.ts";
import { S3Bucket } from "./s3-bucket.ts";

const bundleName = "AWS_CA_BUNDLE";

/**
 * Takes `AWS_CA_BUNDLE` out of the environment of this process, which its children get; returns what puts it back. With
 * it every request of rclone 1.60 to S3 fails, `LoadCustomCABundleError`, also without TLS: its SDK wants to add the
 * certificates to an HTTP transport that rclone has replaced.
 */
function withoutCaBundle(): () => void {
  const bundle = process.env[bundleName];
  delete process.env[bundleName];
  return () => {
    if (bundle !== undefined) process.env[bundleName] = bundle;
  };
}

/**
 * A bucket of Ceph's RADOS Gateway. Until it is stopped this process has no `AWS_CA_BUNDLE`. Parts of uploads that were
 * never completed are not among its names.
 */
export async function startS3(): Promise<ServedPlace> {
  const rgw = await startRgw();
  await rgw.createBucket("bucket");
  const bucket = new S3Bucket(rgw, "bucket");
  const workDirectory = newDirectory();
  const configFile = writeRcloneConf(workDirectory, "tests3", {
    type: "s3",
    provider: "Ceph",
    endpoint: rgw.endpoint,
    access_key_id: rgw.credentials.accessKeyId,
    secret_access_key: rgw.credentials.secretAccessKey,
    region: rgw.region,
  });
  const putBack = withoutCaBundle();
  return {
    options: (path) => ({ remote: `tests3:bucket/${path}`, configFile }),
    canLookInside: true,
    plant: async (path, name, value) => await bucket.put(`${path}/${name}`, value),
    names: async (path) => {
      const keys = await bucket.keys(`${path}/`);
      return keys.map((key) => key.slice(path.length + 1)).sort();
    },
    freeze: () => rgw.freeze(),
    thaw: () => rgw.thaw(),
    stop: async () => {
      putBack();
      await rgw.stop();
      removeDirectory(workDirectory);
    },
  };
}
