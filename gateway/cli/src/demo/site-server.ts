import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** Serves what `current` points to at the moment of each request: the web server that a release is for. */
export class SiteServer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param target - the pipeline's `TargetDirectory`. */
  static async start(target: string): Promise<SiteServer> {
    const server = createServer((request, response) => {
      // One page: nothing of the address reaches the file system.
      if (request.url !== '/') return void response.writeHead(404).end();
      const page = createReadStream(join(target, 'current', 'index.html'));
      page.on('error', () => response.writeHead(404).end());
      page.once('open', () => {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', connection: 'close' });
        page.pipe(response);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new SiteServer(server, `http://127.0.0.1:${port}/`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
