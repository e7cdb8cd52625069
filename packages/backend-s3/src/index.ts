export { type S3Credentials } from "./credentials.ts";
export { type S3Encryption } from "./encryption.ts";
export { type S3Options } from "./options.ts";
export { s3, s3Backend, type S3BackendOptions } from "./s3.ts";
export { type ServiceName } from "./services.ts";
