import { CommandError, EXIT } from '../exit.ts';
import type { Web } from '../web.ts';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const PAGE = '200';

/** People type a white label's name; the API wants its id. An id is taken as it is. */
export async function wlIdOf(web: Web, given: string): Promise<string> {
  if (UUID.test(given)) return given;
  const { body } = await web.get('/admin/api/wls', { limit: PAGE });
  const { items } = body as { items: readonly { id: string; name: string }[] };
  const found = items.filter(({ name }) => name === given);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.id;
  const why =
    found.length === 0 ? 'no white label is called' : 'more than one white label is called';
  throw new CommandError(EXIT.usage, `${why} "${given}": xwl wl list shows ids and names`);
}

/** Path of a pair's relationship, exporter first. */
export async function pairPath(web: Web, src: string, dst: string): Promise<string> {
  const [from, to] = [await wlIdOf(web, src), await wlIdOf(web, dst)];
  return `/admin/api/relationships/${from}/${to}`;
}
