import type { ConformanceCase } from "../conformance-case.ts";
import { abortCases } from "./abort.ts";
import { capabilityCases } from "./capabilities.ts";
import { concurrencyCases } from "./concurrency.ts";
import { defragCases } from "./defrag.ts";
import { deleteManyCases } from "./delete-many.ts";
import { deleteCases } from "./delete.ts";
import { hashCases } from "./hash.ts";
import { infoCases } from "./info.ts";
import { lifecycleCases } from "./lifecycle.ts";
import { listChangingCases } from "./list-changing.ts";
import { listCases } from "./list.ts";
import { loadStreamCases } from "./load-stream.ts";
import { loadCases } from "./load.ts";
import { mkdirCases } from "./mkdir.ts";
import { moveCases } from "./move.ts";
import { nameCases } from "./names.ts";
import { quotaCases } from "./quota.ts";
import { rmdirCases } from "./rmdir.ts";
import { storeIfAbsentCases } from "./store-if-absent.ts";
import { storeStreamCases } from "./store-stream.ts";
import { storeCases } from "./store.ts";
import { syncCases } from "./sync.ts";
import { traitCases } from "./traits.ts";

/** All cases, in the order in which they are registered. Their ids are unique. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...capabilityCases,
  ...lifecycleCases,
  ...mkdirCases,
  ...rmdirCases,
  ...infoCases,
  ...loadCases,
  ...loadStreamCases,
  ...storeCases,
  ...storeIfAbsentCases,
  ...storeStreamCases,
  ...deleteCases,
  ...deleteManyCases,
  ...moveCases,
  ...listCases,
  ...listChangingCases,
  ...hashCases,
  ...defragCases,
  ...quotaCases,
  ...syncCases,
  ...nameCases,
  ...abortCases,
  ...concurrencyCases,
  ...traitCases,
];
