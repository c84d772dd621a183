import { PORT_TABLE, isPortFree, readPorts, type Ports } from '../stack/ports.ts';

/** Far from the defaults, and below the ports that the system hands out by itself. */
const FIRST = 12_100;
const LAST = 12_900;

/** A block of free ports, so that another stack on this machine is not in the way. */
export async function findPorts(): Promise<Ports> {
  for (let base = FIRST; base <= LAST; base += PORT_TABLE.length) {
    const candidates = PORT_TABLE.map((_row, index) => base + index);
    const free = await Promise.all(candidates.map((port) => isPortFree(port)));
    if (!free.every(Boolean)) continue;
    return readPorts(
      Object.fromEntries(PORT_TABLE.map(({ variable }, index) => [variable, String(base + index)])),
    );
  }
  throw new Error(`there is no free block of ports between ${FIRST} and ${LAST}`);
}
