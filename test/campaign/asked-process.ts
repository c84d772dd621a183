// A process that comes by one point and tells its parent that it has gone on.
import { askParent } from '../../runtime/asked-points.ts';

await askParent()('call.send', { subject: 'GET /' });
process.send?.('gone on');
