import { openProxy } from '../../campaign/processes/proxy.ts';
import type { FaultProxy } from '../../campaign/processes/proxy.ts';
import { readHistories } from '../../test/replay/histories.ts';
import { replay } from '../../test/replay/replay.ts';
import { ensureBundles } from '../bundles/bundles.ts';
import { WL_PARTIES } from '../parties.ts';
import type { WlSlug } from '../parties.ts';
import type { Ports } from '../ports.ts';
import type { SupervisedProcess } from '../supervision/supervisor.ts';
import type { Buying } from './buyers.ts';
import { buildChanged } from './changed-build.ts';
import { describeEntries } from './client-log.ts';
import { until } from './control-plane.ts';
import { openAccounts, putUpOffers } from './market.ts';
import type { DrillOptions } from './options.ts';
import { waitForQuiet } from './quiet.ts';
import { widenLimit } from './relationship.ts';
import { allHeld, SHOP_ENV, withShop } from './shop.ts';
import { openStage, sleep } from './stage.ts';
import type { Stage } from './stage.ts';
import { openVersions } from './versions.ts';
import type { Versions } from './versions.ts';

/**
 * Three builds follow one another under buyers: another id for the same code, then workflow code
 * that was changed with `patched`. A change without it is held against the stored histories.
 */
const FIRST = 'build-a';
const SAME = 'build-b';
const PATCHED = 'build-c';

const ENV = {
  ...SHOP_ENV,
  WORKER_BUILD_ID: FIRST,
  COOL_DOWN_SECONDS: '5',
};
const DEEP_STOCK = 1_000_000;
const OFFERS = [
  { unitPrice: '12.34', count: 16, available: DEEP_STOCK },
  { unitPrice: '1200.00', count: 8, available: DEEP_STOCK },
];
const LIMIT = '90000000.00';
/** Of each build, before the next one comes and after the old one is gone. */
const PURCHASES_EACH = 20;
const BOUGHT_WITHIN_MS = 240_000;
// A purchase that waits for a person is decided after 4 s; one without an answer learns for longer.
const DRAINED_WITHIN_MS = 240_000;

// Counting is the engine's work, beside the purchases.
const ASK_EVERY_MS = 500;

// Twice the processes on the same cores, and buyers beside them.
const READY_WITHIN_MS = 240_000;

const LOOPBACK = '127.0.0.1';
/** Two gateways of one party have one name and one port: each build binds its own address. */
const HOSTS = ['127.0.0.2', '127.0.0.3'] as const;

/** A build's processes that poll the engine, and where its gateways listen. */
interface Build {
  readonly id: string;
  readonly host: string;
  readonly names: readonly string[];
}

/** What stands before the gateways, and what a build is made of. */
interface Front {
  readonly proxies: ReadonlyMap<WlSlug, FaultProxy>;
  readonly templates: readonly SupervisedProcess[];
}

interface Scene {
  readonly stage: Stage;
  readonly front: Front;
  readonly versions: Versions;
  readonly buying: Buying;
}

/** True: no purchase was lost over two upgrades, and the change without `patched` was named. */
export async function drillUpgrade(options: DrillOptions): Promise<boolean> {
  const { stage, front, versions } = await openVersioned();
  try {
    return await withShop(stage, async (shop) => {
      await widenLimit(stage, LIMIT);
      const buyers = await openAccounts(stage, options.buyers);
      const offers = await putUpOffers(stage, OFFERS);
      const approver = shop.startApproving();
      const buying = shop.startBuying({ buyers, offers, everyMs: options.every * 1_000 });
      await upgradeTwice({ stage, front, versions, buying });
      stage.say('the buyers stop');
      await buying.stop();
      const quiet = await waitForQuiet(stage);
      approver.stop();
      stage.say(`requests: ${describeEntries(shop.log.entries)}`);
      const spread = await reportBuilds(stage, versions);
      const judged = await shop.judge(buyers);
      return allHeld(stage, { quiet, spread, judged, named: await changeIsNamed(stage) });
    });
  } finally {
    await versions.close();
    await Promise.all([...front.proxies.values()].map((proxy) => proxy.close()));
  }
}

/** The stack on its first build, which is made current while it starts: else it would wait. */
async function openVersioned() {
  const proxies = new Map<WlSlug, FaultProxy>();
  let templates: readonly SupervisedProcess[] = [];
  let versions: Versions | undefined;
  const stage = await openStage({
    name: 'upgrade',
    env: ENV,
    async wire(processes, ports) {
      for (const { slug, ports: own } of WL_PARTIES) {
        const port = ports[own.tls];
        const listen = { host: LOOPBACK, port };
        const target = { host: HOSTS[0], port };
        proxies.set(slug, await openProxy({ seed: 1, listen, target }));
      }
      templates = processes;
      versions = openVersions(`${LOOPBACK}:${ports.temporal}`);
      // A start that fails tells why by itself.
      versions.makeCurrent(FIRST).catch(() => undefined);
      return processes.map((process) => bindTo(process, HOSTS[0]));
    },
  });
  if (versions === undefined) throw new Error('the stack was started without its versions');
  return { stage, versions, front: { proxies, templates } };
}

function bindTo(process: SupervisedProcess, host: string): SupervisedProcess {
  if (!process.name.endsWith('-gateway')) return process;
  return { ...process, env: { ...process.env, BIND_HOST: host } };
}

async function upgradeTwice(scene: Scene): Promise<void> {
  const { stage, front } = scene;
  const polling = front.templates.filter(({ name }) => name !== 'cp-api');
  const first: Build = { id: FIRST, host: HOSTS[0], names: polling.map(({ name }) => name) };
  await untilBought(scene, first.id);
  const second = await startBuild(scene, { id: SAME, host: HOSTS[1] });
  await replaceBy(scene, first, second);
  const changed = await buildChanged('patched', `${stage.dataDir}/changed`);
  const third = await startBuild(scene, { id: PATCHED, host: HOSTS[0] }, changed);
  await replaceBy(scene, second, third);
}

/** Beside the one that runs: same databases, namespaces, names and certificates. */
async function startBuild(
  { stage, front }: Scene,
  { id, host }: Pick<Build, 'id' | 'host'>,
  bundle?: string,
): Promise<Build> {
  const { supervisor, ports } = stage.stack;
  const polling = front.templates.filter(({ name }) => name !== 'cp-api');
  const processes = polling.map((template, index) => {
    const port = String(freePort(ports, id === SAME ? index : index + polling.length));
    const isGateway = template.name.endsWith('-gateway');
    // Its readiness is asked for at its own plain listener: the name leads to the other build.
    const { ready: _byName, ...rest } = template;
    return {
      ...rest,
      name: `${template.name}-${id}`,
      env: {
        ...template.env,
        WORKER_BUILD_ID: id,
        ...(isGateway ? { BIND_HOST: host, HTTP_PORT: port } : { WORKER_HTTP_PORT: port }),
        ...(bundle !== undefined && !template.name.startsWith('cp-')
          ? { WORKFLOW_BUNDLE: bundle }
          : {}),
      },
      readyUrl: `http://${LOOPBACK}:${port}/readyz`,
      readyTimeoutMs: READY_WITHIN_MS,
    };
  });
  // One replica after the other, as an upgrade goes: the old build keeps its share of the machine.
  for (const process of processes) await supervisor.start(process);
  stage.say(`${id} runs beside it: ${processes.length} processes`);
  return { id, host, names: processes.map(({ name }) => name) };
}

/** Above the stack's own, which lie side by side. */
function freePort(ports: Ports, index: number): number {
  return Math.max(...Object.values(ports)) + 1 + index;
}

/**
 * Gateways leave first: one goes on starting purchases on its own build for as long as requests
 * reach it, because an eager start does not ask which build is current. Its workers leave last.
 */
async function replaceBy(scene: Scene, old: Build, next: Build): Promise<void> {
  const { stage, front, versions } = scene;
  await versions.makeCurrent(next.id);
  const switchedAt = new Date();
  for (const { slug, ports: own } of WL_PARTIES) {
    const port = stage.stack.ports[own.tls];
    front.proxies.get(slug)?.setTarget({ host: next.host, port });
  }
  const isGateway = (name: string): boolean => name.includes('-gateway');
  const stop = async (names: readonly string[]): Promise<void> => {
    await Promise.all(names.map((name) => stage.stack.supervisor.stop(name)));
  };
  await stop(old.names.filter(isGateway));
  const left = await versions.countPinned(old.id);
  stage.say(
    `${next.id} is current; ${left} purchases are under way on ${old.id}, its gateways gone`,
  );
  await until(`${old.id} is drained`, DRAINED_WITHIN_MS, async () => {
    if ((await versions.countPinned(old.id)) === 0) return true;
    await sleep(ASK_EVERY_MS);
    return undefined;
  });
  const seconds = ((Date.now() - switchedAt.getTime()) / 1_000).toFixed(1);
  stage.say(`${old.id} is drained after ${seconds} s`);
  await stop(old.names.filter((name) => !isGateway(name)));
  stage.say(`${old.id} is stopped`);
  for (const workflow of ['purchase', 'approval']) {
    const count = await versions.countUnderWay(workflow, switchedAt);
    stage.say(`  ${count} workflows "${workflow}" were under way when ${next.id} became current`);
  }
  await untilBought(scene, next.id);
}

async function untilBought({ stage, versions, buying }: Scene, id: string): Promise<void> {
  const before = buying.confirmed();
  await until(`${PURCHASES_EACH} purchases on ${id}`, BOUGHT_WITHIN_MS, async () => {
    if ((await versions.countPurchases(id)) >= PURCHASES_EACH) return true;
    await sleep(ASK_EVERY_MS);
    return undefined;
  });
  stage.say(`purchases run on ${id}; ${buying.confirmed() - before} were confirmed meanwhile`);
}

/** Every build had purchases, and none of them is open. */
async function reportBuilds(stage: Stage, versions: Versions): Promise<boolean> {
  let isWell = true;
  for (const id of [FIRST, SAME, PATCHED]) {
    const [all, open] = [await versions.countPurchases(id), await versions.countPinned(id)];
    stage.say(`${id}: ${all} purchases, ${open} of them open`);
    isWell &&= all > 0 && open === 0;
  }
  return isWell;
}

/** The stored histories replay on the code that was changed with `patched`, on the other not. */
async function changeIsNamed(stage: Stage): Promise<boolean> {
  const histories = await readHistories();
  const cp = { codePath: (await ensureBundles(`${stage.dataDir}/bundles`)).cp };
  const failuresOf = async (change: 'patched' | 'unpatched'): Promise<string[]> => {
    const wl = { codePath: await buildChanged(change, `${stage.dataDir}/changed`) };
    return Object.keys(await replay(histories, async (party) => (party === 'cp' ? cp : wl)));
  };
  const patched = await failuresOf('patched');
  const unpatched = await failuresOf('unpatched');
  stage.say(`of ${histories.length} stored histories, ${patched.length} differ with the patch`);
  const named = unpatched.slice(0, 3).join(', ');
  stage.say(`and ${unpatched.length} without it: ${named}${unpatched.length > 3 ? ', …' : ''}`);
  return patched.length === 0 && unpatched.length > 0;
}
