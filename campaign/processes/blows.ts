import type { Supervisor } from '../../stack/supervision/supervisor.ts';
import { sleep } from '../../stack/drill/stage.ts';
import type { Clocks } from './clocks.ts';
import type { Disk } from './disk.ts';
import type { Lines } from './lines.ts';
import type { Blow } from './plan.ts';

/** What blows can be struck with; a text says why there is none of it on this machine. */
export interface Tools {
  readonly supervisor: Supervisor;
  readonly lines: Lines;
  readonly disk: Disk | string;
  readonly clocks: Clocks | string;
}

/** `missed`: what it was meant for was not there at that moment, after another blow. */
export type Hit = 'happened' | 'missed' | 'left out';

/** Strikes when its time comes, takes it back when that is over. */
export async function strike(tools: Tools, blow: Blow): Promise<Hit> {
  await sleep(blow.atMs);
  const { supervisor } = tools;
  switch (blow.kind) {
    case 'kill':
      return end(supervisor, blow.on, 'SIGKILL');
    case 'postgres':
      // An immediate shutdown: no checkpoint, and recovery at the start.
      return end(supervisor, 'postgres', 'SIGQUIT');
    case 'temporal':
      return end(supervisor, 'temporal', 'SIGKILL');
    case 'stop':
      return pause(supervisor, blow.on, blow.forMs);
    case 'cut':
      return tools.lines.cut(blow.on) === 0 ? 'missed' : 'happened';
    case 'disk':
      return fill(tools.disk, blow.forMs);
    case 'clock': {
      if (typeof tools.clocks === 'string') return 'left out';
      await tools.clocks.step(blow.on, blow.seconds);
      await sleep(blow.forMs);
      await tools.clocks.step(blow.on, 0);
      return 'happened';
    }
    default: {
      const clear = tools.lines.worsen(blow.on, blow.weather);
      await sleep(blow.forMs);
      clear();
      return 'happened';
    }
  }
}

async function end(
  supervisor: Supervisor,
  name: string,
  signal: 'SIGKILL' | 'SIGQUIT',
): Promise<Hit> {
  if (supervisor.pid(name) === undefined) return 'missed';
  await supervisor.kill(name, signal);
  return 'happened';
}

async function pause(supervisor: Supervisor, name: string, forMs: number): Promise<Hit> {
  if (supervisor.pid(name) === undefined) return 'missed';
  supervisor.pause(name);
  await sleep(forMs);
  supervisor.resume(name);
  return 'happened';
}

async function fill(disk: Disk | string, forMs: number): Promise<Hit> {
  if (typeof disk === 'string') return 'left out';
  await disk.fill();
  await sleep(forMs);
  await disk.free();
  return 'happened';
}
