import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** Whether the client has asked anything since the cut was ordered. */
  hasAsked: boolean;
}

/** Stands between a client and its server and cuts connections between a request and its answer: the server has done what nobody is told of. */
export class AnswerCutter {
  private readonly pairs = new Set<Pair>();
  private armed = false;
  cuts = 0;

  static async before(targetPort: number): Promise<AnswerCutter> {
    const server = createServer();
    const cutter = new AnswerCutter(server, targetPort);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return cutter;
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

  cutAtNextAnswer(): void {
    this.armed = true;
    for (const pair of this.pairs) pair.hasAsked = false;
  }

  async close(): Promise<void> {
    for (const pair of [...this.pairs]) this.cut(pair);
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(near: Socket): void {
    const far = connect(this.targetPort, '127.0.0.1');
    const pair: Pair = { near, far, hasAsked: false };
    this.pairs.add(pair);
    near.on('data', (chunk) => {
      pair.hasAsked = true;
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      if (!this.armed || !pair.hasAsked) return near.write(chunk);
      this.armed = false;
      this.cuts += 1;
      return this.cut(pair);
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
