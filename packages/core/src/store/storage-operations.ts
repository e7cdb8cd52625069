import type { Backend } from "../backend.ts";
import type { OperationOptions, Quota } from "../options.ts";
import type { Operation, StoreOperationName } from "./operation.ts";

/** `Store.create`. */
export const createOperation: Operation<OperationOptions, undefined, void> = onStorage(
  "create",
  (backend, options) => backend.create(options),
);

/** `Store.destroy`. */
export const destroyOperation: Operation<OperationOptions, undefined, void> = onStorage(
  "destroy",
  (backend, options) => backend.destroy(options),
);

/** `Store.open`. */
export const openOperation: Operation<OperationOptions, undefined, void> = onStorage(
  "open",
  (backend, options) => backend.open(options),
);

/** `Store.close`. */
export const closeOperation: Operation<OperationOptions, undefined, void> = onStorage(
  "close",
  (backend, options) => backend.close(options),
);

/** `Store.quota`. */
export const quotaOperation: Operation<OperationOptions, undefined, Quota> = onStorage(
  "quota",
  (backend, options) => backend.quota(options),
);

/** `Store.sync`. */
export const syncOperation: Operation<OperationOptions, undefined, void> = onStorage(
  "sync",
  (backend, options) => backend.sync(options),
);

/** An operation on the whole storage: straight to the backend. */
function onStorage<Result>(
  name: StoreOperationName,
  perform: (backend: Backend, options: OperationOptions) => Promise<Result>,
): Operation<OperationOptions, undefined, Result> {
  return {
    name,
    perform: ({ backend }, _name, options) => perform(backend, options),
    describe: () => `${name}()`,
  };
}
