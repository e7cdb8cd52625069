import type {
  CopyObjectCommandInput,
  GetObjectCommandInput,
  PutObjectCommandInput,
  UploadPartCommandInput,
  UploadPartCopyCommandInput,
} from "@aws-sdk/client-s3";
import type { S3Encryption } from "./encryption.ts";
import type { S3Settings } from "./options.ts";

type ReadInput = Pick<
  GetObjectCommandInput,
  "RequestPayer" | "SSECustomerAlgorithm" | "SSECustomerKey" | "SSECustomerKeyMD5"
>;
type WriteInput = Pick<
  PutObjectCommandInput,
  | keyof ReadInput
  | "StorageClass"
  | "ServerSideEncryption"
  | "SSEKMSKeyId"
  | "SSEKMSEncryptionContext"
  | "BucketKeyEnabled"
>;
type CopyInput = WriteInput &
  Pick<
    CopyObjectCommandInput,
    "CopySourceSSECustomerAlgorithm" | "CopySourceSSECustomerKey" | "CopySourceSSECustomerKeyMD5"
  >;
type PartInput = Pick<UploadPartCommandInput, keyof ReadInput>;
type CopyPartInput = PartInput &
  Pick<UploadPartCopyCommandInput, Extract<keyof CopyInput, `CopySource${string}`>>;

/** What the options add to requests for objects, made once. */
export interface ObjectOptions {
  /** To what neither reads nor writes a value. */
  readonly plain: Pick<GetObjectCommandInput, "RequestPayer">;
  readonly read: ReadInput;
  readonly write: WriteInput;
  readonly copy: CopyInput;
  readonly part: PartInput;
  readonly copyPart: CopyPartInput;
}

/** The parameters that storage class, encryption and request payer mean. */
export function objectOptions({ storageClass, encryption, requestPayer }: S3Settings): ObjectOptions {
  const plain = requestPayer ? { RequestPayer: "requester" as const } : {};
  const customer = customerKey(encryption);
  const source =
    customer.SSECustomerKey === undefined
      ? {}
      : {
          CopySourceSSECustomerAlgorithm: customer.SSECustomerAlgorithm,
          CopySourceSSECustomerKey: customer.SSECustomerKey,
        };
  const read = { ...plain, ...customer };
  const write = {
    ...read,
    ...serverKey(encryption),
    ...(storageClass === undefined
      ? {}
      : { StorageClass: storageClass as NonNullable<WriteInput["StorageClass"]> }),
  };
  return {
    plain,
    read,
    write,
    copy: { ...write, ...source },
    part: read,
    copyPart: { ...read, ...source },
  };
}

/** The SDK adds the key's MD5. */
function customerKey(encryption: S3Encryption | undefined): {
  SSECustomerAlgorithm?: string;
  SSECustomerKey?: string;
} {
  if (encryption?.algorithm !== "customer-key") return {};
  return {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: Buffer.from(encryption.key).toString("base64"),
  };
}

function serverKey(encryption: S3Encryption | undefined): WriteInput {
  if (encryption === undefined || encryption.algorithm === "customer-key") return {};
  if (encryption.algorithm === "AES256") return { ServerSideEncryption: "AES256" };
  const { algorithm, keyId, bucketKey, context } = encryption;
  return {
    ServerSideEncryption: algorithm,
    ...(keyId === undefined ? {} : { SSEKMSKeyId: keyId }),
    ...(bucketKey === undefined ? {} : { BucketKeyEnabled: bucketKey }),
    ...(context === undefined
      ? {}
      : { SSEKMSEncryptionContext: Buffer.from(JSON.stringify(context)).toString("base64") }),
  };
}
