import { describe, expect, test } from "vitest";
import {
  presetOf,
  regionOfEndpoint,
  serviceNames,
  serviceOf,
  type ServiceName,
  type ServicePreset,
} from "../src/services.ts";
import { placeOfUrl } from "../src/url.ts";

const hosts: readonly (readonly [host: string, service: ServiceName, region: string | undefined])[] = [
  // Without a region: buckets of all regions are reached by it.
  ["s3.amazonaws.com", "aws", undefined],
  ["bucket.s3.amazonaws.com", "aws", undefined],
  ["s3-accelerate.amazonaws.com", "aws", undefined],
  ["s3-accelerate.dualstack.amazonaws.com", "aws", undefined],
  ["s3-external-1.amazonaws.com", "aws", "us-east-1"],
  ["s3.eu-west-1.amazonaws.com", "aws", "eu-west-1"],
  ["S3.EU-West-1.AmazonAWS.com", "aws", "eu-west-1"],
  ["s3.eu-west-1.amazonaws.com.", "aws", "eu-west-1"],
  ["bucket.s3.eu-west-1.amazonaws.com", "aws", "eu-west-1"],
  ["s3-eu-west-1.amazonaws.com", "aws", "eu-west-1"],
  ["s3.dualstack.ap-southeast-2.amazonaws.com", "aws", "ap-southeast-2"],
  ["s3-fips.us-gov-west-1.amazonaws.com", "aws", "us-gov-west-1"],
  ["s3-fips-us-gov-west-1.amazonaws.com", "aws", "us-gov-west-1"],
  ["s3-fips.dualstack.ca-central-1.amazonaws.com", "aws", "ca-central-1"],
  ["s3-accesspoint.il-central-1.amazonaws.com", "aws", "il-central-1"],
  ["s3express-use1-az4.us-east-1.amazonaws.com", "aws", "us-east-1"],
  ["bucket.vpce-0a1b-c2d3.s3.mx-central-1.vpce.amazonaws.com", "aws", "mx-central-1"],
  ["s3.cn-north-1.amazonaws.com.cn", "aws", "cn-north-1"],
  ["s3.dualstack.cn-northwest-1.amazonaws.com.cn", "aws", "cn-northwest-1"],
  ["s3.eusc-de-east-1.amazonaws.eu", "aws", "eusc-de-east-1"],
  ["s3.us-west-004.backblazeb2.com", "b2", "us-west-004"],
  ["S3.US-West-004.BackblazeB2.com", "b2", "us-west-004"],
  ["bucket.s3.eu-central-003.backblazeb2.com", "b2", "eu-central-003"],
  ["f004.backblazeb2.com", "b2", undefined],
  ["0123abcd.r2.cloudflarestorage.com", "r2", "auto"],
  ["0123abcd.eu.r2.cloudflarestorage.com", "r2", "auto"],
  ["storage.googleapis.com", "gcs", "auto"],
  ["bucket.storage.googleapis.com", "gcs", "auto"],
  ["storage.me-central2.rep.googleapis.com", "gcs", "auto"],
  ["s3.wasabisys.com", "wasabi", "us-east-1"],
  ["s3.us-east-1.wasabisys.com", "wasabi", "us-east-1"],
  ["s3.eu-central-1.wasabisys.com", "wasabi", "eu-central-1"],
  ["bucket.s3.ap-northeast-2.wasabisys.com", "wasabi", "ap-northeast-2"],
  ["s3.nl-1.wasabisys.com", "wasabi", "eu-central-1"],
  ["s3.de-1.wasabisys.com", "wasabi", "eu-central-2"],
  ["s3.uk-1.wasabisys.com", "wasabi", "eu-west-1"],
  ["s3.fr-1.wasabisys.com", "wasabi", "eu-west-2"],
  ["s3.uk-2.wasabisys.com", "wasabi", "eu-west-3"],
  ["s3.it-1.wasabisys.com", "wasabi", "eu-south-1"],
  ["localhost", "other", undefined],
  ["127.0.0.1", "other", undefined],
  ["[::1]", "other", undefined],
  ["s3.eu-west-1.example.org", "other", undefined],
  ["fra1.digitaloceanspaces.com", "other", undefined],
  ["evilbackblazeb2.com", "other", undefined],
  ["s3.us-west-004.evilbackblazeb2.com", "other", undefined],
  ["s3.us-west-004.backblazeb2.com.evil.org", "other", undefined],
  ["backblazeb2.com", "other", undefined],
  ["s3.eu-west-1.evilamazonaws.com", "other", undefined],
  ["s3.eu-west-1.amazonaws.com.evil.org", "other", undefined],
  ["evils3.eu-west-1.amazonaws.com", "other", undefined],
  ["xr2.cloudflarestorage.com", "other", undefined],
  ["evilstorage.googleapis.com", "other", undefined],
  ["storage.a.b.rep.googleapis.com", "other", undefined],
  ["www.googleapis.com", "other", undefined],
  ["s3.eu-central-1.evilwasabisys.com", "other", undefined],
  // Machines and load balancers of customers, with a server of their own.
  ["ec2-192-0-2-1.eu-west-1.compute.amazonaws.com", "other", undefined],
  ["s3-gateway-123.us-east-1.elb.amazonaws.com", "other", undefined],
];

test.each(hosts)("%s is %s in region %s, with each scheme and port", (host, service, region) => {
  for (const endpoint of [`https://${host}`, `http://${host}`, `https://${host}:8443`]) {
    expect(serviceOf(placeOfUrl("s3:/bucket/path"), endpoint)).toBe(service);
    expect(serviceOf(placeOfUrl(`s3:${endpoint}/bucket/path`))).toBe(service);
    expect(regionOfEndpoint(endpoint)).toBe(region);
  }
});

test.each<readonly [string, string | undefined, ServiceName]>([
  ["s3:/bucket/path", undefined, "aws"],
  ["b2:/bucket/path", undefined, "b2"],
  ["b2:http://localhost:9000/bucket/path", undefined, "b2"],
  ["b2:https://s3.us-east-005.backblazeb2.com/bucket/path", undefined, "b2"],
  ["b2:https://s3.eu-west-1.amazonaws.com/bucket/path", undefined, "aws"],
  ["s3:https://s3.wasabisys.com/bucket/path", undefined, "wasabi"],
  ["s3:https://s3.wasabisys.com/bucket/path", "http://localhost", "other"],
  ["s3:http://localhost/bucket/path", "https://s3.wasabisys.com", "wasabi"],
  ["s3:/bucket/path", "s3.wasabisys.com", "other"],
  ["s3:/bucket/path", "localhost:9000", "other"],
  ["s3:/bucket/path", "", "other"],
])("%s with endpoint %s is %s", (url, endpoint, service) => {
  expect(serviceOf(placeOfUrl(url), endpoint)).toBe(service);
});

test.each([undefined, "", "host", "localhost:9000", "https://"])("%j tells no region", (endpoint) => {
  expect(regionOfEndpoint(endpoint)).toBeUndefined();
});

describe("presets", () => {
  test("there is one for each name", () => {
    expect(serviceNames).toHaveLength(8);
    expect(serviceNames.map((name) => presetOf(name).name)).toEqual(serviceNames);
  });

  const compatible: Omit<ServicePreset, "name"> = {
    pathStyle: true,
    uploadChecksum: "none",
    checksumsWhenRequired: true,
    bulkDelete: true,
    bulkDeleteMd5: true,
    createIfAbsent: "probe",
  };

  test.each<readonly [ServiceName, Partial<ServicePreset>]>([
    [
      "aws",
      {
        pathStyle: false,
        uploadChecksum: "crc32",
        checksumsWhenRequired: false,
        bulkDeleteMd5: false,
      },
    ],
    ["b2", {}],
    ["r2", {}],
    ["gcs", { bulkDelete: false, createIfAbsent: false }],
    ["wasabi", {}],
    ["minio", {}],
    ["ceph", {}],
    ["other", {}],
  ])("%s differs from the cautious one by %j", (name, differences) => {
    expect(presetOf(name)).toEqual({ ...compatible, ...differences, name });
  });
});
