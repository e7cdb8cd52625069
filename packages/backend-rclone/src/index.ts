export { type RcloneOptions } from "./options.ts";
export { rclone, rcloneBackend, type RcloneBackendOptions } from "./rclone.ts";
