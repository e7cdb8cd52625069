/** What a server said about itself: its extensions and its limits. */
export interface ServerFeatures {
  /** Names of the extensions that the server announced, e.g. `posix-rename@openssh.com`. */
  readonly extensions: ReadonlySet<string>;
  /** Largest read and write that are asked for, in bytes. */
  readonly maxReadBytes: number;
  readonly maxWriteBytes: number;
  /** How many handles may be open at a time. */
  readonly maxOpenHandles: number;
}

/** What is promised by every server of version 3 (section 3 of the draft): packets of 34,000 bytes. */
const smallestTransferBytes = 32 * 1024;
/** What OpenSSH allows in one request; more gains nothing. */
const largestTransferBytes = 255 * 1024;
/** Where the server does not tell: many allow 100 and more, and more are not needed to fill a line. */
const handlesByDefault = 64;
const mostHandles = 128;

/** What `limits@openssh.com` answered; 0 stands for "no limit", or not known. */
export interface AnnouncedLimits {
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly openHandles: number;
}

/** Joins what a server announced to what is made of it. */
export function featuresOf(
  extensions: ReadonlySet<string>,
  limits: AnnouncedLimits | undefined,
): ServerFeatures {
  const handles = limits?.openHandles;
  return {
    extensions,
    maxReadBytes: transferBytes(limits?.readBytes),
    maxWriteBytes: transferBytes(limits?.writeBytes),
    // A few are left for what others do in the same session.
    maxOpenHandles:
      handles === undefined || handles === 0
        ? handlesByDefault
        : Math.max(1, Math.min(Math.floor(handles / 2), mostHandles)),
  };
}

function transferBytes(announced: number | undefined): number {
  if (announced === undefined || announced === 0) return smallestTransferBytes;
  return Math.max(1, Math.min(announced, largestTransferBytes));
}
