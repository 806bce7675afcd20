import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isHalfOpen: boolean;
}

/** Stands between clients and their server, on 127.0.0.1, and does to their connections what networks do. */
export class FaultProxy {
  private readonly pairs = new Set<Pair>();
  private delayMs = 0;
  private answersToSwallow = 0;
  private isRefusing = false;
  /** Connections that were cut while the server's answer to a request was under way. */
  cuts = 0;

  /** The server's port may be told later: a server may have to know its proxy's first. */
  static async listen(options: { readonly port?: number; readonly targetPort?: number } = {}): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server, options.targetPort ?? 0);
    server.listen(options.port ?? 0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  private constructor(
    private readonly server: Server,
    public targetPort: number,
  ) {
    server.on('connection', (near) => this.accept(near));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.pairs.size;
  }

  /** Everything takes so much longer, each way. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Of the next things that the server says, so many are not passed on: their connections are reset, after the request and before its answer. */
  cutAtAnswers(count = 1): void {
    this.answersToSwallow = count;
  }

  /** Every connection of now is reset. */
  reset(): void {
    for (const pair of [...this.pairs]) this.cut(pair);
  }

  /** Connections of now stay open, and nothing passes any more, for ever. New ones work. */
  halfOpen(): void {
    for (const pair of this.pairs) pair.isHalfOpen = true;
  }

  /** New connections are reset at once, until `accepting` is true again. */
  accepting(isAccepting: boolean): void {
    this.isRefusing = !isAccepting;
  }

  async close(): Promise<void> {
    this.reset();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  private accept(near: Socket): void {
    if (this.isRefusing) return void near.resetAndDestroy();
    const far = connect(this.targetPort, '127.0.0.1');
    const pair: Pair = { near, far, isHalfOpen: false };
    this.pairs.add(pair);
    near.on('data', (chunk) => this.pass(pair, far, chunk));
    far.on('data', (chunk) => {
      if (this.answersToSwallow > 0 && !pair.isHalfOpen) {
        this.answersToSwallow -= 1;
        this.cuts += 1;
        this.cut(pair);
      } else this.pass(pair, near, chunk);
    });
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.cut(pair));
      socket.on('close', () => this.cut(pair));
    }
  }

  private pass(pair: Pair, to: Socket, chunk: Buffer): void {
    if (pair.isHalfOpen) return;
    if (this.delayMs === 0) {
      to.write(chunk);
      return;
    }
    // Timers of one length keep their order.
    setTimeout(() => {
      if (!pair.isHalfOpen && !to.destroyed) to.write(chunk);
    }, this.delayMs);
  }

  private cut(pair: Pair): void {
    if (!this.pairs.delete(pair)) return;
    pair.near.resetAndDestroy();
    pair.far.resetAndDestroy();
  }
}
