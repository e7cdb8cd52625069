/** What a backend needs to know to reach a remote. */
export interface RemoteOptions {
  /** As rclone writes it: `NAME:PATH`, or a local path. */
  readonly remote: string;
  /** The absolute path of an rclone.conf that knows the remote; rclone may write to it. */
  readonly configFile: string;
}

/** A medium that rclone reaches, with a configuration and directories of its own. */
export interface RemotePlace {
  /** A storage at a path of it, of names separated by `/`. Nothing is made there. */
  options(path: string): RemoteOptions;
  /** Whether `plant` and `names` work: not where all content lives in the process of rclone. */
  readonly canLookInside: boolean;
  /**
   * Puts an object below a path behind the backend's back, under any name that the medium takes, without rclone.
   * Missing directories are made, an object of that name is replaced.
   */
  plant(path: string, name: string, value: Uint8Array): Promise<void>;
  /**
   * What is below a path, as the medium has it: the names of files, relative to the path, and with a slash at the end
   * those of directories that hold nothing. In order; empty when the path does not exist.
   */
  names(path: string): Promise<string[]>;
  /** Ends its servers and removes all. May be called twice. */
  stop(): Promise<void>;
}

/** One that a server serves. */
export interface ServedPlace extends RemotePlace {
  /** Stops the server with SIGSTOP: it answers nothing. Of OpenSSH the connections only: new ones are answered. */
  freeze(): void;
  /** Lets it go on. */
  thaw(): void;
}
