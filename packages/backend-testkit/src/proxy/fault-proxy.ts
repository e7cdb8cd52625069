import type { ProxyDirection } from "./line.ts";

/** Where a proxy leads to, and how. */
export interface FaultProxyOptions {
  /**
   * Host of the real server.
   *
   * @default "127.0.0.1"
   */
  readonly host?: string;
  /** Port of the real server, 1 to 65,535. Nothing is connected to it before a client comes. */
  readonly port: number;
  /** First value of {@link FaultProxy.delayMs}. @default 0 */
  readonly delayMs?: number;
  /**
   * For {@link FaultProxy.countRoundTrips}: after so many milliseconds without a byte in either direction, a side is
   * taken to have sent all it has to send; above 0. A longer time makes counts slower and never wrong.
   *
   * @default 25
   */
  readonly settleMs?: number;
}

/**
 * How {@link FaultProxy.cutAfter} cuts: `"reset"` as {@link FaultProxy.reset}, `"end"` as {@link FaultProxy.end},
 * `"stall"` as {@link FaultProxy.stall} in both directions.
 */
export type ProxyCut = "reset" | "end" | "stall";

/** What {@link FaultProxy.countRoundTrips} found. */
export interface RoundTripCount<T> {
  /** What the work resolved with. */
  readonly result: T;
  readonly roundTrips: number;
}

/**
 * A TCP proxy in front of a real server, which breaks connections when a test says so, and counts round trips. It
 * forwards bytes, half closes and resets of both sides, each in order, and knows no protocol. Faults act on all
 * connections, present and future, unless it says otherwise; setting one needs no waiting.
 *
 * It reads ahead of a slow receiver by 256 KiB per connection and direction, by 16 MiB while bytes are delayed or
 * counted, and slows the sender down then. Its timers are real ones under a test's fake timers.
 */
export interface FaultProxy extends AsyncDisposable {
  /** Where clients connect to. */
  readonly host: "127.0.0.1";
  /** Where clients connect to; chosen by the system. */
  readonly port: number;
  /** How many connections are open now, at either side. */
  readonly connections: number;
  /** How many connections there were since the start, without the refused ones. */
  readonly acceptedConnections: number;
  /** How many connections were refused since the start. */
  readonly refusedConnections: number;
  /** Bytes forwarded since the start, over all connections. */
  readonly bytes: Readonly<Record<ProxyDirection, number>>;
  /**
   * Milliseconds that bytes, ends and resets take in each direction, 0 or more: a round trip takes twice as long.
   * A new value is for what arrives from then on; nothing overtakes. Connecting itself is not delayed.
   */
  delayMs: number;
  /** At most so many bytes per second in each direction, over all connections; above 0, `undefined` is no limit. */
  bytesPerSecond: number | undefined;

  /**
   * Stops forwarding in one direction, or both, while TCP stays open, as when a peer or a cable is gone. Ends and
   * resets stop as well. New connections are accepted and hear nothing.
   */
  stall(direction?: ProxyDirection): void;
  /** Goes on after {@link FaultProxy.stall}, in both directions; nothing is lost. */
  resume(): void;
  /**
   * Forwards `bytes` more bytes in `direction`, over all connections together, and cuts all connections there; with
   * 0 it cuts when the next byte comes, which is not forwarded. Once only: connections made after that are whole.
   *
   * The other direction is not exact: what waits there is lost. A receiver that has not read everything when a
   * reset comes may find less than was forwarded, as TCP has it; `"end"` and `"stall"` lose nothing in front of
   * the cut.
   *
   * @returns resolves when it has happened; rejects when the proxy is closed before, when another cut waits in this
   * direction, and with a `RangeError` when `bytes` is not an integer from 0
   */
  cutAfter(direction: ProxyDirection, bytes: number, how: ProxyCut): Promise<void>;
  /** Resets all present connections, at both sides (RST): `ECONNRESET`. What waits is lost. */
  reset(): void;
  /** Ends all present connections, at both sides (FIN). What waits is lost, as is what peers still send. */
  end(): void;
  /**
   * Resets the next `count` new connections as soon as they are made, as a server does that has too many. Present
   * ones stay.
   *
   * @param count default: all until {@link FaultProxy.accept}
   */
  refuse(count?: number): void;
  /** Ends {@link FaultProxy.refuse}. */
  accept(): void;

  /**
   * Runs `work` and counts its exchanges: how often something had to come back before more was sent. It counts
   * and measures no time, so a slow machine does not change the result, and the bytes may be encrypted.
   *
   * While `work` runs, what the client sends is held until both directions were quiet for `settleMs`, and forwarded
   * together; then what the server sends is held until there is quiet, delivered together, and counted as one round
   * trip if something of the client's was forwarded since the last one. So all that is sent without waiting for an
   * answer is one exchange, in however many pieces it is sent and answered. Requests that are not answered when
   * `work` settles do not count, and neither do their late answers. Each exchange takes about three times
   * `settleMs`, so the client's timeouts must allow that.
   *
   * The count is that of `work` if it is all that uses the proxy: switch keepalives of the protocol off, or have
   * them rarer. More data than a window of the protocol, or than 16 MiB, is several exchanges. Two requests that need
   * no answer of each other may count as two when the client does something else for longer than `settleMs` between
   * them. TCP handshakes are not seen; an end that is awaited is an exchange.
   *
   * @returns rejects as `work` does; and without running it when another count is running, or when the connections
   * have not been quiet for `settleMs` within 10 seconds
   */
  countRoundTrips<T>(work: () => Promise<T>): Promise<RoundTripCount<T>>;

  /** Closes all connections, stops listening, and resolves when that is done. Again: the same. */
  close(): Promise<void>;
}
