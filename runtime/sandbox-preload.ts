import v8 from 'node:v8';
import vm from 'node:vm';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

/**
 * `node --import runtime/sandbox-preload.ts …`: the SDK enters the workflow sandbox with a time-out,
 * for which Node starts a watchdog thread a call, 30 to 50 times a purchase. Here the workflow
 * thread notes in shared memory that it is inside, and the main thread looks once in a while.
 *
 * A workflow that never gives its thread back makes the process begin anew, under its own process
 * id and with the SDK's time-out, which fails that one task: so such a workflow costs each process
 * that meets it one restart and no more, wherever it runs (docs/adr/0003).
 */

/** `timeout`: the SDK's own time-out. A process sets it when it begins anew. */
const WAY = 'WORKFLOW_SANDBOX';
/** `off`: no promise hook, which is a fifth of a worker's CPU and serves the stack-trace query only. */
const STACK_TRACES = 'WORKFLOW_STACK_TRACES';
const KEY = 'xpory.sandbox-entries';
/** One a workflow thread; a process has one or two workers with one or two threads each. */
const SLOTS = 32;
const NEXT_SLOT = SLOTS;
/** As the SDK's own time-out; a test has no patience for it. */
const STUCK_MS = Number(process.env['WORKFLOW_STUCK_MS'] ?? 5_000);
/** Counted in looks, not in time: a machine that slept is no reason to end. */
const LOOKS_MAX = 10;
const LOOK_EVERY_MS = STUCK_MS / LOOKS_MAX;

type Entries = Int32Array<SharedArrayBuffer>;

if (process.env[WAY] === 'timeout') {
  if (isMainThread) say('warn', 'the workflow sandbox is entered with a time-out, a thread a call');
} else if (isMainThread) {
  watch();
} else {
  note();
}
if (!isMainThread && process.env[STACK_TRACES] === 'off') leaveOutStackTraces();

function watch(): void {
  const entries: Entries = new Int32Array(
    new SharedArrayBuffer((SLOTS + 1) * Int32Array.BYTES_PER_ELEMENT),
  );
  setEnvironmentData(KEY, entries as never);
  const seen = new Int32Array(SLOTS);
  const looks = new Int32Array(SLOTS);
  const look = (): void => {
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const entry = Atomics.load(entries, slot);
      const isSame = entry % 2 !== 0 && entry === seen[slot];
      looks[slot] = isSame ? (looks[slot] ?? 0) + 1 : 0;
      seen[slot] = entry;
      if ((looks[slot] ?? 0) >= LOOKS_MAX) beginAnew();
    }
  };
  setInterval(look, LOOK_EVERY_MS).unref();
}

/** As by `kill -9` for whatever ran here: its standby takes over, and it comes back by itself. */
function beginAnew(): void {
  const seconds = STUCK_MS / 1_000;
  say('fatal', `workflow code has held its thread for ${seconds} s: this process begins anew`);
  const { execPath, execArgv, argv, env } = process;
  // Where it is missing (Windows), whoever supervises the process starts it again.
  if (process.execve === undefined) process.exit(1);
  process.execve(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...env, [WAY]: 'timeout' });
}

/** In the form of the log, which is not there yet, or has no time left. */
function say(level: 'warn' | 'fatal', msg: string): void {
  const line = { level, time: new Date().toISOString(), component: 'sandbox', msg };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}

function note(): void {
  const entries = getEnvironmentData(KEY) as unknown as Entries | undefined;
  if (entries === undefined) return;
  // eslint-disable-next-line typescript/unbound-method -- called with its script below.
  const enter = vm.Script.prototype.runInContext;
  let slot: number | undefined;
  let depth = 0;
  vm.Script.prototype.runInContext = function (context, options) {
    if (options?.timeout === undefined) return enter.call(this, context, options);
    slot ??= Atomics.add(entries, NEXT_SLOT, 1);
    // More threads than slots: they keep the SDK's way.
    if (slot >= SLOTS) return enter.call(this, context, options);
    const { timeout: _timeout, ...others } = options;
    // Odd while inside; another number each time, so that two short stays are not one long.
    if (depth++ === 0) Atomics.add(entries, slot, 1);
    try {
      return enter.call(this, context, others) as unknown;
    } finally {
      if (--depth === 0) Atomics.add(entries, slot, 1);
    }
  };
}

/** The SDK takes the hook for missing, as on an old Node, and answers the query with no trace. */
function leaveOutStackTraces(): void {
  v8.promiseHooks.createHook = () => {
    throw new Error(`${STACK_TRACES}=off`);
  };
}
