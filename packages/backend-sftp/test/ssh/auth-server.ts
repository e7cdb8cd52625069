import { once } from "node:events";
import type { AddressInfo } from "node:net";

import ssh2, { type AuthContext, type AuthenticationType } from "ssh2";

import { type AuthHandlerOptions, buildAuthHandler } from "../../src/ssh/build-auth-handler.ts";
import { fingerprintOf } from "../../src/ssh/public-key.ts";

/** What a login came to. */
export interface Login {
  readonly isAccepted: boolean;
  readonly reasons: readonly string[];
  /** What the server was asked: the method, and the fingerprint of the key. */
  readonly asked: readonly string[];
  /** Errors of the client other than the final one. */
  readonly agentErrors: readonly string[];
}

/** How the server decides: accept, accept as one of several steps, or refuse. */
type Decision = "accept" | "partial" | "refuse";

/** What a server of a test allows. */
export interface ServerRules {
  readonly methods: readonly AuthenticationType[];
  readonly decide: (context: AuthContext) => Decision | Promise<Decision>;
  /** Offered after a step that was accepted. */
  readonly methodsAfterPartial?: readonly AuthenticationType[];
}

const hostKey = ssh2.utils.generateKeyPairSync("ed25519").private;

/** One login at a server of ssh2 in this process, over loopback. */
export async function login(rules: ServerRules, options: AuthHandlerOptions): Promise<Login> {
  const asked: string[] = [];
  let methods = [...rules.methods];
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    connection.on("error", () => undefined);
    connection.on("authentication", (context) => {
      const key = context.method === "publickey" ? ` ${fingerprintOf(context.key.data)}` : "";
      const signed = context.method === "publickey" && context.signature !== undefined ? " signed" : "";
      asked.push(`${context.method}${key}${signed}`);
      void Promise.resolve(rules.decide(context)).then((decision) => {
        if (decision === "accept") return context.accept();
        // A key that is only asked about is accepted as such: the signature comes next.
        if (decision === "partial" && context.method === "publickey" && context.signature === undefined) {
          return context.accept();
        }
        if (decision === "partial") methods = [...(rules.methodsAfterPartial ?? [])];
        return context.reject(methods, decision === "partial");
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const handler = buildAuthHandler(options);
  const client = new ssh2.Client();
  const agentErrors: string[] = [];
  const isAccepted = await new Promise<boolean>((resolve) => {
    client.on("ready", () => resolve(true));
    client.on("close", () => resolve(false));
    client.on("error", (error) => {
      if ((error as { level?: string }).level === "agent") agentErrors.push(error.message);
      else resolve(false);
    });
    client.connect({
      host: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
      username: options.config.user,
      hostVerifier: () => true,
      authHandler: handler.handle,
    });
  });
  client.end();
  server.close();
  return { isAccepted, reasons: handler.reasons, asked, agentErrors };
}
