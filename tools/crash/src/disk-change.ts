/** A change of a file system, in the order in which it happened. Paths are relative to the storage. */
export type DiskChange =
  | { readonly kind: "create"; readonly path: string; readonly file: number }
  | { readonly kind: "write"; readonly file: number; readonly bytes: Uint8Array }
  | { readonly kind: "syncFile"; readonly file: number }
  | { readonly kind: "syncDirectory"; readonly path: string }
  | { readonly kind: "rename"; readonly path: string; readonly newPath: string }
  | { readonly kind: "link"; readonly path: string; readonly newPath: string }
  | { readonly kind: "unlink"; readonly path: string }
  | { readonly kind: "mkdir"; readonly path: string }
  | { readonly kind: "rmdir"; readonly path: string }
  /** The storage's user was told something: the operation of this number has ended. */
  | { readonly kind: "acknowledged"; readonly operation: number };
