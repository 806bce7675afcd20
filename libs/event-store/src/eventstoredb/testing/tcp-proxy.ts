import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isHalfOpen: boolean;
  /** Whether the client has asked anything since the cut was ordered. */
  hasAsked: boolean;
}

/** Stands between a client and its server and does to their connections what networks do. */
export class TcpProxy {
  private readonly pairs = new Set<Pair>();
  private swallowing = false;
  /** Connections that were cut while an answer was under way. */
  cuts = 0;

  static async before(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, targetPort);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  private constructor(
    private readonly server: Server,
    private readonly targetPort: number,
  ) {
    server.on('connection', (near) => this.accept(near));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The next thing that the server says is not passed on: the connection is cut instead, after the request and before its answer. */
  cutAtNextAnswer(): void {
    this.swallowing = true;
    for (const pair of this.pairs) pair.hasAsked = false;
  }

  /** Connections of now stay open, and nothing passes any more, for ever. New ones work. */
  halfOpen(): void {
    for (const pair of this.pairs) pair.isHalfOpen = true;
  }

  async close(): Promise<void> {
    for (const pair of [...this.pairs]) this.cut(pair);
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(near: Socket): void {
    const far = connect(this.targetPort, '127.0.0.1');
    const pair: Pair = { near, far, isHalfOpen: false, hasAsked: false };
    this.pairs.add(pair);
    near.on('data', (chunk) => {
      pair.hasAsked = true;
      if (!pair.isHalfOpen) far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (this.swallowing && pair.hasAsked) {
        this.swallowing = false;
        this.cuts += 1;
        this.cut(pair);
      } else if (!pair.isHalfOpen) near.write(chunk);
    });
    for (const socket of [near, far]) {
      socket.on('error', () => this.cut(pair));
      socket.on('close', () => this.cut(pair));
    }
  }

  private cut(pair: Pair): void {
    this.pairs.delete(pair);
    pair.near.destroy();
    pair.far.destroy();
  }
}
