export {
  type PassphraseRequest,
  type PasswordRequest,
  type SftpOptions,
  type TransportOption,
} from "./options.ts";
export { sftp, sftpBackend, type SftpBackendOptions } from "./sftp.ts";
