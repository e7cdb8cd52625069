import type { Answer, RequestContext, RequestHandler } from "./answer.ts";
import { checkFileRequests } from "./check-file-requests.ts";
import { directoryRequests } from "./directory-requests.ts";
import { isExtensionOn } from "./extensions.ts";
import { fileRequests } from "./file-requests.ts";
import type { PacketReader } from "./packet-reader.ts";
import { pathRequests } from "./path-requests.ts";
import { statusCodes } from "./protocol-numbers.ts";
import { serverRequests } from "./server-requests.ts";
import { statusOfError } from "./status-of-error.ts";

const handlers: ReadonlyMap<string, RequestHandler> = new Map(
  [fileRequests, pathRequests, directoryRequests, serverRequests, checkFileRequests].flatMap((requests) =>
    Object.entries(requests),
  ),
);

const extended = "extended:";

/**
 * Carries out one request. There is no answer to requests of unknown types: OpenSSH tells its log and nobody else.
 * @throws what is neither a status nor a failed system call, such as `MalformedPacket`
 */
export async function carryOut(
  type: string,
  request: PacketReader,
  context: RequestContext,
): Promise<Answer | undefined> {
  if (type.startsWith(extended) && !isExtensionOn(type.slice(extended.length), context.settings)) {
    return { status: statusCodes.unsupported };
  }
  try {
    return await handlers.get(type)?.(request, context);
  } catch (error) {
    const status = statusOfError(error);
    if (status === undefined) throw error;
    return { status };
  }
}
