import { defineBackend, type Backend, type BackendProvider } from "@borgstore/core";
import { connect } from "./connect.ts";
import { S3Driver } from "./driver.ts";
import { checkOptions, type S3Options } from "./options.ts";
import { checkPlace, placeOfUrl, urlOfPlace, type S3Place } from "./url.ts";

/** Options of {@link s3Backend}: the place, and what the URL form takes as well. */
export interface S3BackendOptions extends S3Options {
  readonly bucket: string;
  /** What the keys of all objects begin with; a slash is put at its end. */
  readonly prefix: string;
  /**
   * `http[s]://host[:port]` of the service.
   *
   * @default AWS, or what `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` says
   */
  readonly endpoint?: string | undefined;
}

/**
 * A backend that keeps objects in a bucket, for programs that have its parts and no URL. No I/O, and the SDK is not
 * loaded before the first use.
 *
 * @throws StoreError `INVALID_ARGUMENT` for a place or options out of range, and for an option that does not exist.
 */
export function s3Backend(options: S3BackendOptions): Backend {
  const { bucket, prefix, endpoint, ...others } = options;
  const place = checkPlace(
    {
      scheme: "s3",
      bucket,
      prefix,
      endpoint,
      profile: undefined,
      accessKeyId: undefined,
      secretAccessKey: undefined,
    },
    "INVALID_ARGUMENT",
  );
  return makeBackend(place, others);
}

/** Provider of `(s3|b2):[profile@|key:secret@][http[s]://host[:port]]/bucket/path`. */
export const s3: BackendProvider<S3Options> = {
  name: "s3",
  schemes: ["s3", "b2"],
  fromUrl: (url, options = {}) => makeBackend(placeOfUrl(url), options),
};

function makeBackend(given: S3Place, options: S3Options): Backend {
  const place = withConfiguredEndpoint(given);
  const settings = checkOptions(options, place);
  return defineBackend(
    new S3Driver({
      settings,
      bucket: place.bucket,
      prefix: place.prefix,
      url: urlOfPlace(place),
      connect: () => connect(place, settings),
    }),
  );
}

/**
 * The endpoint of the environment, which the SDK would use as well: it has to be known here, because the service behind
 * it may want to be spoken to in another way than AWS.
 */
function withConfiguredEndpoint(place: S3Place): S3Place {
  const { env } = process;
  if (place.endpoint !== undefined || env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] === "true") return place;
  const endpoint = [env["AWS_ENDPOINT_URL_S3"], env["AWS_ENDPOINT_URL"]].find(
    (url) => url !== undefined && url !== "",
  );
  return endpoint === undefined ? place : checkPlace({ ...place, endpoint }, "INVALID_ARGUMENT");
}
