import { s3Request } from "./s3-request.ts";

/**
 * Whether an HTTP server on that port of 127.0.0.1 answers a request for `/` with status 200. HTTP servers do not greet.
 *
 * @throws Error when the connection is accepted, and then breaks or stays silent for 20 s.
 */
export async function answersHttp(port: number): Promise<boolean> {
  try {
    const { status } = await s3Request({ endpoint: `http://127.0.0.1:${port}`, method: "GET", path: "/" });
    return status === 200;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ECONNREFUSED") return false;
    throw error;
  }
}
