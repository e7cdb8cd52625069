import type { LoadOptions, MoveOptions, OperationOptions } from "../options.ts";

/** Accepted where the live and the soft-deleted item of a name are told apart. */
export interface ItemOptions extends OperationOptions {
  /**
   * Whether the soft-deleted item of that name is meant. There is no falling back from one to the other.
   *
   * @default false
   */
  readonly deleted?: boolean | undefined;
}

/** Which part of an item to load. */
export interface ItemLoadOptions extends LoadOptions, ItemOptions {}

/** How to rename an item. */
export interface ItemMoveOptions extends MoveOptions, ItemOptions {}

/** How to undo a soft deletion. */
export interface UndeleteOptions extends OperationOptions {
  /**
   * Whether a live item of that name may be replaced.
   *
   * @default false
   */
  readonly overwrite?: boolean | undefined;
}

/** What a listing of a store shall contain. */
export interface StoreListOptions extends ItemOptions {
  /**
   * Whether `size` and the times are wanted. Without them local listings need one system call an item less.
   *
   * @default true
   */
  readonly sizes?: boolean | undefined;
}

/** A part of an item, as a source of `Store.defrag`: by its name, or by its key in the namespace given there. */
export type StoreDefragSource = {
  /** First byte, an integer; negative counts from the end. */
  readonly offset: number;
  /** Number of bytes, an integer ≥ 0. All of them must be there. */
  readonly size: number;
} & ({ readonly name: string } | { readonly key: string });

/** Where `Store.defrag` puts its result. */
export interface StoreDefragOptions extends OperationOptions {
  /** Namespace of the new item, and of sources given by key. With or without a slash at the end. */
  readonly namespace: string;
  /** Key of the new item in the namespace. With it `algorithm` is not used. */
  readonly target?: string | undefined;
  /** Makes the key: the hex digest of the content by this algorithm, as for `hash`. */
  readonly algorithm?: string | undefined;
}
