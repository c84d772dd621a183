import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type NextFunction, type Request, type Response } from 'express';

/** Connections stay open between cells. */
const KEEP_ALIVE_MS = 600_000;

/** The same door for every system: one route that answers when the purchase is confirmed. */
export function serveApp(buy: (id: string) => Promise<unknown>): void {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use(express.json());
  app.post('/purchase', async (request: Request, response: Response) => {
    const { id } = request.body as { id: string };
    await buy(id);
    response.json({ status: 'CONFIRMED', tradeId: id });
  });
  app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    response.status(500).json({ code: error.message });
  });
  const server = createServer(app);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
  });
  process.once('SIGTERM', () => process.exit(0));
}
